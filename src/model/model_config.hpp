#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "model/language_model.hpp"
#include "model/rotary_config.hpp"
#include "model/tensor_names.hpp"

namespace winnow::model {

enum class NormKind { rms, layer };

enum class Activation { silu, gelu_tanh, gelu };

/// RMSNorm of queries and keys before they are turned.
enum class QueryKeyNorm {
  none,
  per_head,  ///< each head alone, one weight for all of them (Qwen 3, Gemma 3)
  whole      ///< all heads of a row together (OLMo 2)
};

struct LayerConfig {
  std::uint32_t window = 0;  ///< tokens that a token sees, itself included; 0: no limit
  std::uint32_t rotary = 0;  ///< index into DecoderConfig::rotaries
  double attention_scale = 1;
};

/// What config.json says of a transformer: a causal decoder, or an encoder whose tokens see each
/// other both ways. What differs between families is told by these fields alone.
struct DecoderConfig {
  std::string architecture;  ///< `architectures[0]`
  TensorNames tensors;
  std::uint32_t vocabulary_size = 0;
  std::uint32_t hidden_size = 0;
  std::uint32_t intermediate_size = 0;
  std::vector<LayerConfig> layers;
  std::uint32_t heads = 0;
  std::uint32_t kv_heads = 0;  ///< divides `heads`
  std::uint32_t head_size = 0;
  std::uint32_t max_positions = 0;  ///< the longest sequence
  bool is_causal = true;
  std::vector<RotaryConfig> rotaries;   ///< empty: no rotary positions
  std::uint32_t learned_positions = 0;  ///< rows of that table; 0: none
  /// Learned positions count from behind this id and pass over it; the id itself stands at the
  /// table's row of the same number (RoBERTa).
  std::optional<std::uint32_t> padding_id;
  /// The row of the input embedding that training gives no gradient as an input (the padding row of
  /// transformers' nn.Embedding).
  std::optional<std::uint32_t> embedding_padding_id;
  std::uint32_t token_types = 0;  ///< rows of that table; texts are of type 0
  NormKind norm = NormKind::rms;
  double norm_epsilon = 0;
  bool norm_weights_from_one = false;  ///< files hold weight - 1 (Gemma)
  /// A sublayer's norm behind it is of the residual's new value, not of what is added (BERT).
  bool norms_of_sums = false;
  bool parallel_residual = false;  ///< attention and MLP read the same residual (GPT-NeoX)
  QueryKeyNorm query_key_norm = QueryKeyNorm::none;
  bool qkv_bias = false;
  bool attention_out_bias = false;
  bool mlp_bias = false;
  Activation activation = Activation::silu;
  bool is_gated = true;        ///< activation(gate) * up, else activation(up)
  double embedding_scale = 1;  ///< rounded to the type of the weights, as transformers does
  double attention_cap = 0;    ///< scores become cap * tanh(score / cap); 0: none
  double logit_cap = 0;
  bool has_head = true;
  bool tied_head = false;  ///< the embedding is also the output head
};

/// The longest text whose tokens are all treated alike, whatever else follows it: none is behind a
/// window's edge or turned by the frequencies of long texts.
[[nodiscard]] std::uint32_t longest_uniform_text(const DecoderConfig& config);

/// Reads `folder`/config.json in the form that transformers 4 or 5 writes. A missing optional field
/// has transformers' default.
/// @throws core::ModelError naming the file, the field, what was found and what winnow understands.
[[nodiscard]] DecoderConfig read_decoder_config(const std::filesystem::path& folder);

/// The same of an encoder's folder.
[[nodiscard]] DecoderConfig read_encoder_config(const std::filesystem::path& folder);

}  // namespace winnow::model
