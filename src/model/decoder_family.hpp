#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "model/model_config.hpp"
#include "model/text_encoder.hpp"

namespace winnow::model {

enum class Bias { never, always, by_config };

enum class Windows {
  none,
  every_layer,   ///< `sliding_window` unless null
  later_layers,  ///< only with `use_sliding_window`: from layer `max_window_layers` on
  all_but_every  ///< all but each n-th layer
};

/// What a family's config.json calls its sizes.
struct FieldNames {
  std::string_view hidden_size = "hidden_size";
  std::string_view intermediate_size = "intermediate_size";
  std::string_view layers = "num_hidden_layers";
  std::string_view heads = "num_attention_heads";
  std::string_view max_positions = "max_position_embeddings";
  std::string_view norm_epsilon = "rms_norm_eps";
  std::string_view activation = "hidden_act";
  std::string_view rotary_base = "rope_theta";
  std::string_view turned_share = "partial_rotary_factor";
};

/// One family = what its code does, and the defaults for the fields that its config class may leave
/// out (transformers' configuration_*.py).
struct DecoderFamily {
  std::string_view architecture;
  ModelKind kind = ModelKind::causal_language_model;
  FieldNames fields = {};
  TensorNames tensors = {};
  bool has_own_head_sizes = true;          ///< by `num_key_value_heads` and `head_dim`
  std::uint32_t default_kv_heads = 0;      ///< 0: as many as heads
  std::uint32_t default_head_size = 0;     ///< 0: hidden size divided by heads
  std::uint32_t default_intermediate = 0;  ///< times the hidden size; 0: must be given
  std::uint32_t default_max_positions = 2048;
  double default_norm_epsilon = 1e-6;
  std::string_view default_activation = "silu";
  bool default_tied_head = false;
  bool is_gated = true;
  NormKind norm = NormKind::rms;
  bool norm_weights_from_one = false;
  bool norms_of_sums = false;
  QueryKeyNorm query_key_norm = QueryKeyNorm::none;
  Bias qkv_bias = Bias::never;            ///< by `attention_bias`
  Bias attention_out_bias = Bias::never;  ///< by `attention_bias`
  Bias mlp_bias = Bias::never;            ///< by `mlp_bias`
  bool default_attention_bias = false;
  bool may_be_parallel = false;  ///< by `use_parallel_residual`
  bool has_rotary = true;
  double default_rotary_base = 10000.0;
  /// Base of the layers with a window, where they have their own (Gemma 3); 0: they have not.
  double default_local_rotary_base = 0;
  bool may_turn_part = false;
  double default_turned_share = 1.0;
  std::uint32_t default_original_positions = 0;  ///< RotaryDefaults::original_positions
  bool positions_from_padding = false;           ///< learned positions begin behind `pad_token_id`
  /// The input embedding has a padding row (DecoderConfig::embedding_padding_id), by
  /// `pad_token_id`.
  bool pads_embedding = false;
  std::int64_t default_padding_id = -1;  ///< negative: none
  Windows windows = Windows::none;
  std::uint32_t default_window = 4096;  ///< 0: none unless given
  std::uint32_t default_pattern = 0;    ///< n of all_but_every
  std::string_view pattern_field = {};  ///< where n may be given
  bool scales_embedding = false;        ///< by the root of the hidden size
  double default_query_scalar = 0;      ///< of `query_pre_attn_scalar`; 0: the head size counts
  bool may_scale_by_layer = false;      ///< `scale_attn_weights`, `scale_attn_by_inverse_layer_idx`
  bool caps_attention = false;          ///< by `attn_logit_softcapping`
  double default_attention_cap = 0;
  bool caps_logits = false;  ///< by `final_logit_softcapping`
  double default_logit_cap = 0;
};

[[nodiscard]] std::span<const DecoderFamily> decoder_families();

}  // namespace winnow::model
