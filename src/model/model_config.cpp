#include "model/model_config.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "model/config_fields.hpp"
#include "model/decoder_family.hpp"
#include "model/json_file.hpp"

namespace winnow::model {
namespace {

using Json = nlohmann::json;
using Fields = ConfigFields;

constexpr std::uint32_t kDefaultFullLayers = 28;  ///< Qwen's `max_window_layers`

Json parse_config(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(file.parent_path(), ignored))
    throw core::ModelError(fmt::format("{}: no such folder, expected a Hugging Face model folder",
                                       file.parent_path().string()));
  std::optional<Json> config = read_json_object(file);
  if (!config)
    throw core::ModelError(
        fmt::format("{}: missing, expected in a Hugging Face model folder", file.string()));
  return *std::move(config);
}

/// @param kind  nullopt: either
const DecoderFamily& family_of(const Fields& fields, std::optional<ModelKind> kind) {
  const Json* architectures = fields.get("architectures");
  const bool is_named = architectures != nullptr && architectures->is_array() &&
                        !architectures->empty() && architectures->front().is_string();
  std::string known;
  for (const DecoderFamily& family : decoder_families()) {
    if (kind && family.kind != *kind) continue;
    if (is_named && architectures->front().get<std::string>() == family.architecture) return family;
    known += fmt::format("{}[\"{}\"]", known.empty() ? "" : " or ", family.architecture);
  }
  fields.refuse("architectures", known);
}

/// Fields that change the computation in a way that winnow does not follow.
void refuse_unsupported(const Fields& fields) {
  if (fields.has("quantization_config"))
    fields.refuse("quantization_config", "none: weights in F32, F16 or BF16");
  for (const char* name : {"use_bidirectional_attention", "add_cross_attention", "is_decoder"})
    if (fields.flag(name, false)) fields.refuse(name, "false");
  if (fields.text("position_embedding_type", "absolute") != "absolute")
    fields.refuse("position_embedding_type", "\"absolute\"");
}

/// As torch's nn.Embedding takes `padding_idx`: a negative one counts from the end.
std::optional<std::uint32_t> read_embedding_padding(const Fields& fields,
                                                    const DecoderFamily& family,
                                                    std::uint32_t vocabulary_size) {
  constexpr std::string_view kField = "pad_token_id";
  if (!family.pads_embedding || fields.has_null(kField)) return std::nullopt;
  std::int64_t id = family.default_padding_id;
  if (const Json* field = fields.get(kField)) {
    if (!field->is_number_integer()) fields.refuse(kField, "an integer or null");
    id = field->get<std::int64_t>();
    if (id < 0) id += vocabulary_size;
  }
  if (id < 0 || id >= vocabulary_size) return std::nullopt;
  return static_cast<std::uint32_t>(id);
}

Activation read_activation(const Fields& fields, const DecoderFamily& family) {
  const std::string_view field = family.fields.activation;
  const std::string name = fields.text(field, family.default_activation);
  if (name == "silu" || name == "swish") return Activation::silu;
  if (name == "gelu") return Activation::gelu;
  if (name == "gelu_new" || name == "gelu_pytorch_tanh" || name == "gelu_fast")
    return Activation::gelu_tanh;
  fields.refuse(field, R"("silu", "gelu", "gelu_new" or "gelu_pytorch_tanh")");
}

void read_sizes(const Fields& fields, const DecoderFamily& family, DecoderConfig& config) {
  const FieldNames& names = family.fields;
  config.vocabulary_size = fields.count("vocab_size");
  config.hidden_size = fields.count(names.hidden_size);
  config.intermediate_size =
      family.default_intermediate == 0
          ? fields.count(names.intermediate_size)
          : fields.count(names.intermediate_size, family.default_intermediate * config.hidden_size);
  config.layers.resize(fields.count(names.layers));
  config.heads = fields.count(names.heads);
  const bool has_default = family.default_kv_heads > 0 && !fields.has_null("num_key_value_heads");
  config.kv_heads =
      fields.count("num_key_value_heads", has_default ? family.default_kv_heads : config.heads);
  if (config.heads % config.kv_heads != 0)
    fields.refuse("num_key_value_heads",
                  fmt::format("a divisor of `{}` ({})", names.heads, config.heads));
  if (!fields.has("head_dim") && family.default_head_size == 0 &&
      config.hidden_size % config.heads != 0)
    fields.refuse(names.hidden_size,
                  fmt::format("a multiple of `{}` ({})", names.heads, config.heads));
  config.head_size =
      fields.count("head_dim", family.default_head_size == 0 ? config.hidden_size / config.heads
                                                             : family.default_head_size);
  config.max_positions = fields.count(names.max_positions, family.default_max_positions);
  if (family.has_own_head_sizes) return;
  const auto expect = [&](const char* field, std::uint32_t found, std::uint32_t expected) {
    if (found != expected)
      fields.refuse(field, fmt::format("{}: {} has no such field", expected, family.architecture));
  };
  expect("num_key_value_heads", config.kv_heads, config.heads);
  expect("head_dim", config.head_size, config.hidden_size / config.heads);
}

/// A family whose code does not look at a field must not have it set.
void read_biases(const Fields& fields, const DecoderFamily& family, DecoderConfig& config) {
  const bool attention = fields.flag("attention_bias", family.default_attention_bias);
  const bool mlp = fields.flag("mlp_bias", false);
  if (attention && family.qkv_bias != Bias::by_config &&
      family.attention_out_bias != Bias::by_config)
    fields.refuse("attention_bias", "false");
  if (mlp && family.mlp_bias != Bias::by_config) fields.refuse("mlp_bias", "false");
  const auto has = [](Bias bias, bool asked) {
    return bias == Bias::always || (bias == Bias::by_config && asked);
  };
  config.qkv_bias = has(family.qkv_bias, attention);
  config.attention_out_bias = has(family.attention_out_bias, attention);
  config.mlp_bias = has(family.mlp_bias, mlp);
}

/// transformers' own layers and no others: full or sliding attention.
bool is_sliding(const Fields& fields, const Json& type) {
  if (type == "sliding_attention") return true;
  if (type != "full_attention")
    fields.refuse("layer_types", "a list of \"full_attention\" and \"sliding_attention\"");
  return false;
}

/// Without `layer_types`.
bool slides_by_default(const Fields& fields, const DecoderFamily& family, std::uint32_t layer) {
  switch (family.windows) {
    case Windows::none:
      return false;
    case Windows::every_layer:
      return true;
    case Windows::later_layers:
      return layer >= fields.whole("max_window_layers", kDefaultFullLayers);
    case Windows::all_but_every:
      break;
  }
  const std::uint32_t pattern = family.pattern_field.empty()
                                    ? family.default_pattern
                                    : fields.count(family.pattern_field, family.default_pattern);
  return (layer + 1) % pattern != 0;
}

void read_windows(const Fields& fields, const DecoderFamily& family, DecoderConfig& config) {
  if (family.windows == Windows::none && fields.has("sliding_window"))
    fields.refuse("sliding_window", fmt::format("null: {} has no windows", family.architecture));
  const Json* types = fields.get("layer_types");
  const std::size_t layers = config.layers.size();
  if (types != nullptr && (!types->is_array() || types->size() != layers))
    fields.refuse("layer_types", fmt::format("a list of {} (`{}`)", layers, family.fields.layers));
  const bool is_used =
      family.windows != Windows::none &&
      (family.windows != Windows::later_layers || fields.flag("use_sliding_window", false));
  std::uint32_t window = 0;
  if (is_used && fields.has("sliding_window"))
    window = fields.count("sliding_window");
  else if (is_used && !fields.has_null("sliding_window"))
    window = family.default_window;
  for (std::uint32_t layer = 0; layer < layers; ++layer) {
    const bool slides = types != nullptr ? is_sliding(fields, (*types)[layer])
                                         : slides_by_default(fields, family, layer);
    if (types != nullptr && slides && window == 0)
      fields.refuse("layer_types", "no \"sliding_attention\": the configuration gives no window");
    if (!slides && window != 0 && family.windows == Windows::every_layer)
      fields.refuse("layer_types", fmt::format("\"sliding_attention\" alone: {} has its window in "
                                               "every layer",
                                               family.architecture));
    if (!slides) continue;
    config.layers[layer].window = window;
    config.layers[layer].rotary = family.default_local_rotary_base > 0 ? 1 : 0;
  }
}

void read_positions(const Fields& fields, const std::string& file, const DecoderFamily& family,
                    DecoderConfig& config) {
  if (!family.tensors.positions.empty()) config.learned_positions = config.max_positions;
  if (family.positions_from_padding) {
    config.padding_id = fields.whole("pad_token_id", 1);
    if (*config.padding_id + 1 >= config.learned_positions)
      fields.refuse("pad_token_id", fmt::format("less than {} - 1: positions count from behind it",
                                                config.learned_positions));
    config.max_positions = config.learned_positions - *config.padding_id - 1;
  }
  if (!family.has_rotary) return;
  RotaryDefaults defaults = {.base = family.default_rotary_base,
                             .base_field = family.fields.rotary_base,
                             .may_turn_part = family.may_turn_part,
                             .turned_share = family.default_turned_share,
                             .turned_share_field = family.fields.turned_share,
                             .head_size = config.head_size,
                             .max_positions = config.max_positions,
                             .is_by_layer_type = family.default_local_rotary_base > 0,
                             .original_positions = family.default_original_positions};
  config.rotaries.push_back(read_rotary(fields, file, defaults, "full_attention"));
  if (family.default_local_rotary_base == 0) return;
  defaults.base = family.default_local_rotary_base;
  defaults.base_field = "rope_local_base_freq";
  config.rotaries.push_back(read_rotary(fields, file, defaults, "sliding_attention"));
}

void read_attention_scales(const Fields& fields, const DecoderFamily& family,
                           DecoderConfig& config) {
  double scalar = config.head_size;
  if (family.default_query_scalar > 0)
    scalar = fields.positive("query_pre_attn_scalar", family.default_query_scalar);
  constexpr const char* kScaled = "scale_attn_weights";
  constexpr const char* kByLayer = "scale_attn_by_inverse_layer_idx";
  const bool is_scaled = fields.flag(kScaled, true);
  const bool is_by_layer = fields.flag(kByLayer, false);
  if (!is_scaled && !family.may_scale_by_layer) fields.refuse(kScaled, "true");
  if (is_by_layer && !family.may_scale_by_layer) fields.refuse(kByLayer, "false");
  for (std::size_t layer = 0; layer < config.layers.size(); ++layer)
    config.layers[layer].attention_scale = (is_scaled ? 1 / std::sqrt(scalar) : 1) /
                                           (is_by_layer ? static_cast<double>(layer + 1) : 1);
}

/// Caps of a family whose code does not look at the field must not be asked for.
double read_cap(const Fields& fields, const char* field, bool is_used, double absent) {
  if (is_used) return fields.positive_or_none(field, absent);
  if (fields.has(field)) fields.refuse(field, "null");
  return 0;
}

DecoderConfig read(const std::filesystem::path& folder, ModelKind kind) {
  const std::filesystem::path file = folder / "config.json";
  const Json json = parse_config(file);
  const Fields fields(json, file.string());
  const DecoderFamily& family = family_of(fields, kind);
  refuse_unsupported(fields);

  DecoderConfig config;
  config.architecture = family.architecture;
  config.tensors = family.tensors;
  config.is_causal = kind == ModelKind::causal_language_model;
  config.has_head = !family.tensors.head.empty();
  read_sizes(fields, family, config);
  config.embedding_padding_id = read_embedding_padding(fields, family, config.vocabulary_size);
  config.norm = family.norm;
  config.norm_epsilon = fields.positive(family.fields.norm_epsilon, family.default_norm_epsilon);
  config.norm_weights_from_one = family.norm_weights_from_one;
  config.norms_of_sums = family.norms_of_sums;
  config.parallel_residual = family.may_be_parallel && fields.flag("use_parallel_residual", true);
  config.query_key_norm = family.query_key_norm;
  config.activation = read_activation(fields, family);
  config.is_gated = family.is_gated;
  if (family.scales_embedding) config.embedding_scale = std::sqrt(config.hidden_size);
  config.tied_head =
      config.has_head && fields.flag("tie_word_embeddings", family.default_tied_head);
  if (!family.tensors.token_types.empty()) config.token_types = fields.count("type_vocab_size", 2);
  config.attention_cap = read_cap(fields, "attn_logit_softcapping", family.caps_attention,
                                  family.default_attention_cap);
  config.logit_cap =
      read_cap(fields, "final_logit_softcapping", family.caps_logits, family.default_logit_cap);
  read_biases(fields, family, config);
  read_windows(fields, family, config);
  read_positions(fields, file.string(), family, config);
  read_attention_scales(fields, family, config);
  return config;
}

}  // namespace

DecoderConfig read_decoder_config(const std::filesystem::path& folder) {
  return read(folder, ModelKind::causal_language_model);
}

DecoderConfig read_encoder_config(const std::filesystem::path& folder) {
  return read(folder, ModelKind::text_encoder);
}

ModelKind kind_of_model(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "config.json";
  const Json json = parse_config(file);
  return family_of(Fields(json, file.string()), std::nullopt).kind;
}

std::uint32_t longest_uniform_text(const DecoderConfig& config) {
  std::uint32_t longest = config.max_positions;
  for (const LayerConfig& layer : config.layers)
    if (layer.window != 0) longest = std::min(longest, layer.window);
  for (const RotaryConfig& rotary : config.rotaries)
    if (const auto* scaling = std::get_if<LongRotaryScaling>(&rotary.scaling))
      longest = std::min(longest, scaling->original_positions);
  return longest;
}

}  // namespace winnow::model
