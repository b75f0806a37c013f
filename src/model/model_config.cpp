#include "model/model_config.hpp"

#include <array>
#include <cmath>
#include <numbers>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "model/config_fields.hpp"

namespace winnow::model {
namespace {

using Json = nlohmann::json;
using Fields = ConfigFields;

constexpr std::uint64_t kLargestConfig = 16 << 20;

enum class Biases {
  none,
  qkv,                  ///< query, key and value always
  attention_by_config,  ///< `attention_bias`: query, key, value and output
  by_config             ///< the same, and `mlp_bias`
};
enum class Windows {
  none,
  every_layer,  ///< `sliding_window` unless null
  some_layers   ///< only with `use_sliding_window`: by `layer_types`, else from `max_window_layers`
                ///< on
};
/// One family = what its code does, and the defaults for the fields that its config class may leave
/// out (transformers' configuration_*.py).
struct Family {
  std::string_view architecture;
  std::uint32_t default_kv_heads = 0;   ///< 0: as many as heads
  std::uint32_t default_head_size = 0;  ///< 0: hidden size divided by heads
  std::uint32_t default_max_positions = 2048;
  double default_norm_epsilon = 1e-6;
  Biases biases = Biases::none;
  Windows windows = Windows::none;
  std::uint32_t default_window = 4096;  ///< 0: none unless given
  QueryKeyNorm query_key_norm = QueryKeyNorm::none;
  bool norms_after = false;
  bool fused_projections = false;
};
constexpr std::array kFamilies = {
    Family{.architecture = "LlamaForCausalLM", .biases = Biases::by_config},
    Family{.architecture = "MistralForCausalLM",
           .default_kv_heads = 8,
           .default_max_positions = 131072,
           .windows = Windows::every_layer},
    Family{.architecture = "Qwen2ForCausalLM",
           .default_kv_heads = 32,
           .default_max_positions = 32768,
           .biases = Biases::qkv,
           .windows = Windows::some_layers},
    Family{.architecture = "Qwen3ForCausalLM",
           .default_kv_heads = 32,
           .default_head_size = 128,
           .default_max_positions = 32768,
           .biases = Biases::attention_by_config,
           .windows = Windows::some_layers,
           .query_key_norm = QueryKeyNorm::per_head},
    Family{.architecture = "Olmo2ForCausalLM",
           .default_norm_epsilon = 1e-5,
           .biases = Biases::attention_by_config,
           .query_key_norm = QueryKeyNorm::whole,
           .norms_after = true},
    Family{.architecture = "Phi3ForCausalLM",
           .default_max_positions = 4096,
           .default_norm_epsilon = 1e-5,
           .windows = Windows::every_layer,
           .default_window = 0,
           .fused_projections = true},
};
constexpr std::uint32_t kDefaultFullLayers = 28;

Json parse_config(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(file.parent_path(), ignored))
    throw core::ModelError(fmt::format("{}: no such folder, expected a Hugging Face model folder",
                                       file.parent_path().string()));
  if (!std::filesystem::exists(file, ignored))
    throw core::ModelError(
        fmt::format("{}: missing, expected in a Hugging Face model folder", file.string()));
  Json config;
  try {
    config = Json::parse(core::read_file(file, kLargestConfig));
  } catch (const Json::exception& error) {
    throw core::ModelError(fmt::format("{}: not valid JSON: {}", file.string(), error.what()));
  }
  if (!config.is_object())
    throw core::ModelError(fmt::format("{}: expected a JSON object", file.string()));
  return config;
}

const Family& family_of(const Json& config, const Fields& fields) {
  std::string known;
  for (const Family& family : kFamilies)
    known += fmt::format("{}[\"{}\"]", known.empty() ? "" : " or ", family.architecture);
  const Json* architectures = fields.get("architectures");
  if (architectures == nullptr || !architectures->is_array() || architectures->empty() ||
      !architectures->front().is_string())
    fields.refuse("architectures", known);
  for (const Family& family : kFamilies)
    if (config["architectures"].front().get<std::string>() == family.architecture) return family;
  fields.refuse("architectures", known);
}

/// Fields that change the computation in a way that winnow does not follow.
void refuse_unsupported(const Fields& fields) {
  const std::string activation = fields.text("hidden_act", "silu");
  if (activation != "silu" && activation != "swish") fields.refuse("hidden_act", "\"silu\"");
  if (fields.has("quantization_config"))
    fields.refuse("quantization_config", "none: weights in F32, F16 or BF16");
}

/// A family whose code does not look at a field must not have it set.
void read_biases(const Fields& fields, const Family& family, DecoderConfig& config) {
  const bool attention = fields.flag("attention_bias", false);
  const bool mlp = fields.flag("mlp_bias", false);
  const bool reads_mlp = family.biases == Biases::by_config;
  const bool reads_attention = reads_mlp || family.biases == Biases::attention_by_config;
  if (attention && !reads_attention) fields.refuse("attention_bias", "false");
  if (mlp && !reads_mlp) fields.refuse("mlp_bias", "false");
  config.qkv_bias = attention || family.biases == Biases::qkv;
  config.attention_out_bias = attention;
  config.mlp_bias = mlp;
}

/// transformers' own layers and no others: full or sliding attention.
bool is_sliding(const Fields& fields, const Json& type) {
  if (type == "sliding_attention") return true;
  if (type != "full_attention")
    fields.refuse("layer_types", "a list of \"full_attention\" and \"sliding_attention\"");
  return false;
}

void read_windows(const Fields& fields, const Family& family, DecoderConfig& config) {
  config.windows.assign(config.layers, 0);
  if (family.windows == Windows::none && fields.has("sliding_window"))
    fields.refuse("sliding_window", fmt::format("null: {} has no windows", family.architecture));
  const Json* types = fields.get("layer_types");
  if (types != nullptr && (!types->is_array() || types->size() != config.layers))
    fields.refuse("layer_types", fmt::format("a list of {} (`num_hidden_layers`)", config.layers));
  const bool is_used =
      family.windows == Windows::every_layer ||
      (family.windows == Windows::some_layers && fields.flag("use_sliding_window", false));
  std::uint32_t window = 0;
  if (is_used && fields.has("sliding_window"))
    window = fields.count("sliding_window");
  else if (is_used && !fields.has_null("sliding_window"))
    window = family.default_window;
  const std::uint64_t first = family.windows == Windows::every_layer
                                  ? 0
                                  : fields.whole("max_window_layers", kDefaultFullLayers);
  for (std::uint32_t layer = 0; layer < config.layers; ++layer) {
    const bool slides = types != nullptr ? is_sliding(fields, (*types)[layer]) : layer >= first;
    if (types != nullptr && slides && window == 0)
      fields.refuse("layer_types", "no \"sliding_attention\": the configuration gives no window");
    if (slides) config.windows[layer] = window;
  }
}

/// transformers 4: `rope_theta` and `rope_scaling`; 5: both inside `rope_parameters`.
void read_rotary(const Json& json, const std::string& file, DecoderConfig& config) {
  const Fields fields(json, file);
  for (const char* name : {"rope_scaling", "rope_parameters"})
    if (fields.has(name) && !fields.get(name)->is_object()) fields.refuse(name, "an object");
  if (fields.has("rope_scaling") && fields.has("rope_parameters"))
    fields.refuse("rope_scaling", "nothing where `rope_parameters` is given");
  if (fields.positive("partial_rotary_factor", 1.0) != 1.0)
    fields.refuse("partial_rotary_factor", "1.0");
  config.rotary_base = fields.positive("rope_theta", 10000.0);

  const char* name = fields.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
  if (!fields.has(name)) return;
  const Fields rope(*fields.get(name), fmt::format("{}: {}", file, name));
  config.rotary_base = rope.positive("rope_theta", config.rotary_base);
  if (rope.positive("partial_rotary_factor", 1.0) != 1.0)
    rope.refuse("partial_rotary_factor", "1.0");
  const char* type_name = rope.has("rope_type") ? "rope_type" : "type";
  const std::string type = rope.text(type_name, "default");
  if (type == "llama3") {
    rope.expect_only({"rope_type", "type", "rope_theta", "partial_rotary_factor", "factor",
                      "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"});
    config.rotary_scaling =
        Llama3RotaryScaling{.factor = rope.positive("factor"),
                            .low_frequency_factor = rope.positive("low_freq_factor"),
                            .high_frequency_factor = rope.positive("high_freq_factor"),
                            .original_positions = rope.positive("original_max_position_embeddings",
                                                                config.max_positions)};
    if (!(config.rotary_scaling->high_frequency_factor >
          config.rotary_scaling->low_frequency_factor))
      rope.refuse("high_freq_factor", "a number above `low_freq_factor`");
  } else if (type == "default") {
    rope.expect_only({"rope_type", "type", "rope_theta", "partial_rotary_factor"});
  } else {
    rope.refuse(type_name, "\"default\" or \"llama3\"");
  }
}

}  // namespace

DecoderConfig read_decoder_config(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "config.json";
  const Json json = parse_config(file);
  const Fields fields(json, file.string());
  const Family& family = family_of(json, fields);

  DecoderConfig config;
  config.architecture = family.architecture;
  config.vocabulary_size = fields.count("vocab_size");
  config.hidden_size = fields.count("hidden_size");
  config.intermediate_size = fields.count("intermediate_size");
  config.layers = fields.count("num_hidden_layers");
  config.heads = fields.count("num_attention_heads");
  config.kv_heads = fields.count(
      "num_key_value_heads", family.default_kv_heads == 0 ? config.heads : family.default_kv_heads);
  if (config.heads % config.kv_heads != 0)
    fields.refuse("num_key_value_heads",
                  fmt::format("a divisor of `num_attention_heads` ({})", config.heads));
  if (!fields.has("head_dim") && family.default_head_size == 0 &&
      config.hidden_size % config.heads != 0)
    fields.refuse("hidden_size",
                  fmt::format("a multiple of `num_attention_heads` ({})", config.heads));
  config.head_size =
      fields.count("head_dim", family.default_head_size == 0 ? config.hidden_size / config.heads
                                                             : family.default_head_size);
  if (config.head_size % 2 != 0)
    throw core::ModelError(
        fmt::format("{}: head size {}, expected an even one: rotary positions turn pairs",
                    file.string(), config.head_size));
  config.max_positions = fields.count("max_position_embeddings", family.default_max_positions);
  config.norm_epsilon = fields.positive("rms_norm_eps", family.default_norm_epsilon);
  config.tied_head = fields.flag("tie_word_embeddings", false);
  config.query_key_norm = family.query_key_norm;
  config.norms_after = family.norms_after;
  config.fused_projections = family.fused_projections;
  refuse_unsupported(fields);
  read_biases(fields, family, config);
  read_windows(fields, family, config);
  read_rotary(json, file.string(), config);
  return config;
}

std::uint32_t smallest_window(const DecoderConfig& config) {
  std::uint32_t smallest = 0;
  for (const std::uint32_t window : config.windows)
    if (window != 0 && (smallest == 0 || window < smallest)) smallest = window;
  return smallest;
}

std::vector<float> rotary_frequencies(const DecoderConfig& config) {
  std::vector<float> frequencies(config.head_size / 2);
  for (std::size_t i = 0; i < frequencies.size(); ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(config.head_size);
    frequencies[i] = 1.0F / std::pow(static_cast<float>(config.rotary_base), exponent);
  }
  if (!config.rotary_scaling) return frequencies;

  const Llama3RotaryScaling& scaling = *config.rotary_scaling;
  const auto low_wavelength =
      static_cast<float>(scaling.original_positions / scaling.low_frequency_factor);
  const auto high_wavelength =
      static_cast<float>(scaling.original_positions / scaling.high_frequency_factor);
  const auto factor = static_cast<float>(scaling.factor);
  for (float& frequency : frequencies) {
    const float wavelength = 2.0F * std::numbers::pi_v<float> / frequency;
    if (wavelength < high_wavelength) continue;
    if (wavelength > low_wavelength) {
      frequency /= factor;
      continue;
    }
    const float smooth =
        (static_cast<float>(scaling.original_positions) / wavelength -
         static_cast<float>(scaling.low_frequency_factor)) /
        static_cast<float>(scaling.high_frequency_factor - scaling.low_frequency_factor);
    frequency = (1.0F - smooth) * frequency / factor + smooth * frequency;
  }
  return frequencies;
}

}  // namespace winnow::model
