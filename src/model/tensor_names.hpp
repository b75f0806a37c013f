#pragma once

#include <array>
#include <string_view>

namespace winnow::model {

/// How a file holds the matrices of query, key and value.
enum class QkvLayout {
  separate,  ///< three matrices
  stacked,   ///< one: all query rows, all key rows, all value rows
  by_head    ///< one: query, key and value rows of the first head, then of the next
};

/// What a family's files call its tensors, without `.weight` and `.bias`; an empty name: the family
/// has no such tensor. Layer names stand behind `layers` and the layer's number.
struct TensorNames {
  std::string_view root = "model.";  ///< before all but the head; a file may leave it out whole
  std::string_view embedding = "embed_tokens";
  std::string_view positions = {};
  std::string_view token_types = {};
  std::string_view embedding_norm = {};
  std::string_view layers = "layers.";
  std::string_view attention_norm = "input_layernorm";
  QkvLayout qkv_layout = QkvLayout::separate;
  std::array<std::string_view, 3> qkv = {"self_attn.q_proj", "self_attn.k_proj",
                                         "self_attn.v_proj"};  ///< the first alone unless separate
  std::string_view query_norm = "self_attn.q_norm";
  std::string_view key_norm = "self_attn.k_norm";
  std::string_view attention_out = "self_attn.o_proj";
  std::string_view attention_out_norm = {};
  std::string_view mlp_norm = "post_attention_layernorm";
  std::string_view gate = "mlp.gate_proj";  ///< empty: none, or one matrix with `up`
  std::string_view up = "mlp.up_proj";
  std::string_view down = "mlp.down_proj";
  std::string_view down_norm = {};
  std::string_view final_norm = "norm";
  std::string_view head = "lm_head";
  bool are_matrices_transposed = false;  ///< in the layers: [in, out]
  /// Whole tensor names that old files hold beside the weights and that say nothing new.
  std::array<std::string_view, 3> redundant = {};
  std::array<std::string_view, 3> redundant_in_layer = {"self_attn.rotary_emb.inv_freq"};
};

}  // namespace winnow::model
