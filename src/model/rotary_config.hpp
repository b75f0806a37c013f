#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "model/config_fields.hpp"

namespace winnow::model {

/// All frequencies divided by `factor`.
struct LinearRotaryScaling {
  double factor = 1;
};

/// Llama 3: wavelengths beyond original_positions / low_frequency_factor are divided by `factor`,
/// those below original_positions / high_frequency_factor stay, between them it interpolates.
struct Llama3RotaryScaling {
  double factor = 1;
  double low_frequency_factor = 1;
  double high_frequency_factor = 4;
  double original_positions = 8192;
};

/// LongRoPE (Phi-3, arXiv 2402.13753): each frequency has its own divisor, another one in texts of
/// more than original_positions tokens; cosines and sines are multiplied by `magnitude`.
struct LongRotaryScaling {
  std::vector<float> short_factors;  ///< [size / 2]
  std::vector<float> long_factors;   ///< [size / 2]
  std::uint32_t original_positions = 0;
  double magnitude = 1;
};

struct RotaryConfig {
  double base = 0;
  std::uint32_t size = 0;  ///< elements of each head that are turned, its first ones; even
  std::variant<std::monostate, LinearRotaryScaling, Llama3RotaryScaling, LongRotaryScaling> scaling;
};

/// What holds where config.json is silent, and what its older fields are called.
struct RotaryDefaults {
  double base = 10000.0;
  std::string_view base_field = "rope_theta";
  bool may_turn_part = false;  ///< of each head
  double turned_share = 1.0;
  std::string_view turned_share_field = "partial_rotary_factor";
  std::uint32_t head_size = 0;
  std::uint32_t max_positions = 0;
  bool is_by_layer_type = false;  ///< layers with a window are turned by a rule of their own
  /// `original_max_position_embeddings` outside the rope object where config.json gives none; 0:
  /// the family has no default for it (all but Phi-3).
  std::uint32_t original_positions = 0;
};

/// transformers 4: `rope_theta` and `rope_scaling`; 5: both inside `rope_parameters`, with an
/// object for each type of layer where they differ. Where they may differ, transformers passes over
/// an object for all of them: it is refused unless it says what holds anyway.
/// @param layer_type  of `rope_parameters`' objects; the older fields are those of
///                    "full_attention"
/// @throws core::ModelError naming a field that winnow does not follow
[[nodiscard]] RotaryConfig read_rotary(const ConfigFields& fields, const std::string& file,
                                       const RotaryDefaults& defaults,
                                       const std::string& layer_type);

/// Angle per position of each pair of turned elements, as transformers computes it in float32.
/// @param is_long  the text is longer than a LongRotaryScaling's original_positions
/// @returns        [size / 2]
[[nodiscard]] std::vector<float> rotary_frequencies(const RotaryConfig& config, bool is_long);

}  // namespace winnow::model
