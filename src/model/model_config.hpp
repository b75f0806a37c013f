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

/// RMSNorm of queries and keys before they are turned.
enum class QueryKeyNorm {
  none,
  per_head,  ///< each head alone, one weight for all of them (Qwen 3)
  whole      ///< all heads of a row together (OLMo 2)
};

/// What config.json says of a decoder with RMSNorm, rotary positions, grouped-query attention and
/// SwiGLU. What differs between families is told by these fields alone.
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
  /// Files hold query, key and value as one matrix, gate and up as another (Phi-3).
  bool fused_projections = false;
  bool qkv_bias = false;
  bool attention_out_bias = false;
  bool mlp_bias = false;
  QueryKeyNorm query_key_norm = QueryKeyNorm::none;
  /// Norms stand behind attention and MLP, on what they add to the residual, instead of before them
  /// (OLMo 2).
  bool norms_after = false;
  /// How many tokens a token of each layer sees, itself included; 0: all before it. [layers]
  std::vector<std::uint32_t> windows;
};

/// The smallest window of all layers that have one; 0 if none has.
[[nodiscard]] std::uint32_t smallest_window(const DecoderConfig& config);

/// Reads `folder`/config.json in the form that transformers 4 or 5 writes. A missing optional field
/// has transformers' default.
/// @throws core::ModelError naming the file, the field, what was found and what winnow understands.
[[nodiscard]] DecoderConfig read_decoder_config(const std::filesystem::path& folder);

/// Angle per position of each pair of a head's elements, as transformers computes it in float32.
/// [head_size / 2]
[[nodiscard]] std::vector<float> rotary_frequencies(const DecoderConfig& config);

}  // namespace winnow::model
