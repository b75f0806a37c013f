#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace winnow::model {

/// Llama 3's stretching of the rotary frequencies: wavelengths beyond original_positions /
/// low_frequency_factor are divided by `factor`, those below original_positions /
/// high_frequency_factor stay, between them it interpolates.
struct Llama3RotaryScaling {
  double factor = 1;
  double low_frequency_factor = 1;
  double high_frequency_factor = 4;
  double original_positions = 8192;
};

/// What config.json says of a pre-norm decoder with RMSNorm, rotary positions, grouped-query
/// attention and SwiGLU.
struct DecoderConfig {
  std::string architecture;  ///< `architectures[0]`
  std::uint32_t vocabulary_size = 0;
  std::uint32_t hidden_size = 0;
  std::uint32_t intermediate_size = 0;
  std::uint32_t layers = 0;
  std::uint32_t heads = 0;
  std::uint32_t kv_heads = 0;   ///< divides `heads`
  std::uint32_t head_size = 0;  ///< even
  std::uint32_t max_positions = 0;
  double norm_epsilon = 0;
  double rotary_base = 0;
  std::optional<Llama3RotaryScaling> rotary_scaling;
  bool tied_head = false;  ///< the embedding is also the output head
};

/// Reads `folder`/config.json in the form that transformers 4 or 5 writes. A missing optional field
/// has transformers' default.
/// @throws core::ModelError naming the file, the field, what was found and what winnow understands.
[[nodiscard]] DecoderConfig read_decoder_config(const std::filesystem::path& folder);

/// Angle per position of each pair of a head's elements, as transformers computes it in float32.
/// [head_size / 2]
[[nodiscard]] std::vector<float> rotary_frequencies(const DecoderConfig& config);

}  // namespace winnow::model
