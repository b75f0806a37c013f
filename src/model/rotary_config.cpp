#include "model/rotary_config.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

namespace winnow::model {
namespace {

using Fields = ConfigFields;

/// The field outside the rope object wins over the one inside.
std::uint32_t original_positions(const Fields& fields, const Fields& rope,
                                 const RotaryDefaults& defaults) {
  constexpr const char* kOriginal = "original_max_position_embeddings";
  return fields.has(kOriginal) || defaults.original_positions > 0
             ? fields.count(kOriginal, defaults.original_positions)
             : rope.count(kOriginal, defaults.max_positions);
}

Llama3RotaryScaling read_llama3(const Fields& fields, const Fields& rope,
                                const RotaryDefaults& defaults) {
  const Llama3RotaryScaling scaling = {
      .factor = rope.positive("factor"),
      .low_frequency_factor = rope.positive("low_freq_factor"),
      .high_frequency_factor = rope.positive("high_freq_factor"),
      .original_positions = static_cast<double>(original_positions(fields, rope, defaults))};
  if (!(scaling.high_frequency_factor > scaling.low_frequency_factor))
    rope.refuse("high_freq_factor", "a number above `low_freq_factor`");
  return scaling;
}

LongRotaryScaling read_long(const Fields& fields, const Fields& rope,
                            const RotaryDefaults& defaults, std::uint32_t size) {
  LongRotaryScaling scaling;
  scaling.short_factors = rope.positive_list("short_factor", size / 2);
  scaling.long_factors = rope.positive_list("long_factor", size / 2);
  scaling.original_positions = original_positions(fields, rope, defaults);
  const double factor = rope.positive(
      "factor", static_cast<double>(defaults.max_positions) / scaling.original_positions);
  const double stretched =
      factor <= 1 ? 1 : std::sqrt(1 + std::log(factor) / std::log(scaling.original_positions));
  scaling.magnitude = rope.positive("attention_factor", stretched);
  return scaling;
}

const char* type_field(const Fields& rope) { return rope.has("rope_type") ? "rope_type" : "type"; }

std::string where_rope_stands(const Fields& fields, const std::string& file) {
  return fmt::format("{}: {}", file,
                     fields.has("rope_parameters") ? "rope_parameters" : "rope_scaling");
}

/// An object for all layers of a family whose types of layer differ.
void expect_nothing_new(const Fields& fields, const Fields& rope, const RotaryDefaults& defaults) {
  const double base = fields.positive(defaults.base_field, defaults.base);
  rope.expect_only({"rope_type", "type", "rope_theta"});
  if (rope.text(type_field(rope), "default") != "default" ||
      rope.positive("rope_theta", base) != base)
    fields.refuse("rope_parameters",
                  "an object for \"full_attention\" and one for \"sliding_attention\"");
}

/// The object that tells of the layer type's rotation; nullptr if there is none.
const nlohmann::json* rope_object(const Fields& fields, const std::string& file,
                                  const RotaryDefaults& defaults, const std::string& layer_type) {
  for (const char* name : {"rope_scaling", "rope_parameters"})
    if (fields.has(name) && !fields.get(name)->is_object()) fields.refuse(name, "an object");
  if (fields.has("rope_scaling") && fields.has("rope_parameters"))
    fields.refuse("rope_scaling", "nothing where `rope_parameters` is given");
  if (fields.has("rope_scaling"))
    return layer_type == "full_attention" ? fields.get("rope_scaling") : nullptr;
  const nlohmann::json* object = fields.get("rope_parameters");
  if (object == nullptr) return nullptr;
  if (!object->contains("full_attention") && !object->contains("sliding_attention")) {
    if (!defaults.is_by_layer_type) return object;
    if (layer_type == "full_attention")
      expect_nothing_new(fields, Fields(*object, where_rope_stands(fields, file)), defaults);
    return nullptr;
  }
  if (!defaults.is_by_layer_type)
    fields.refuse("rope_parameters", "one object: this family turns all its layers alike");
  for (const auto& [type, value] : object->items())
    if ((type != "full_attention" && type != "sliding_attention") || !value.is_object())
      fields.refuse("rope_parameters",
                    "an object for \"full_attention\" and \"sliding_attention\"");
  const auto found = object->find(layer_type);
  return found == object->end() ? nullptr : &*found;
}

void read_scaling(const Fields& fields, const Fields& rope, const RotaryDefaults& defaults,
                  RotaryConfig& config) {
  const char* type_name = type_field(rope);
  const std::string type = rope.text(type_name, "default");
  if (type == "default") {
    rope.expect_only({"rope_type", "type", "rope_theta", "partial_rotary_factor"});
  } else if (type == "linear") {
    rope.expect_only({"rope_type", "type", "rope_theta", "partial_rotary_factor", "factor"});
    config.scaling = LinearRotaryScaling{rope.positive("factor")};
  } else if (type == "llama3") {
    rope.expect_only({"rope_type", "type", "rope_theta", "partial_rotary_factor", "factor",
                      "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"});
    config.scaling = read_llama3(fields, rope, defaults);
  } else if (type == "longrope" || type == "su") {
    rope.expect_only({"rope_type", "type", "rope_theta", "partial_rotary_factor", "factor",
                      "short_factor", "long_factor", "attention_factor",
                      "original_max_position_embeddings"});
    config.scaling = read_long(fields, rope, defaults, config.size);
  } else {
    rope.refuse(type_name, R"("default", "linear", "llama3" or "longrope")");
  }
}

}  // namespace

RotaryConfig read_rotary(const ConfigFields& fields, const std::string& file,
                         const RotaryDefaults& defaults, const std::string& layer_type) {
  RotaryConfig config;
  config.base = fields.positive(defaults.base_field, defaults.base);
  double share = fields.positive(defaults.turned_share_field, defaults.turned_share);
  const nlohmann::json* object = rope_object(fields, file, defaults, layer_type);
  const nlohmann::json nothing = nlohmann::json::object();
  const Fields rope(object == nullptr ? nothing : *object, where_rope_stands(fields, file));
  config.base = rope.positive("rope_theta", config.base);
  const bool is_in_rope = rope.has("partial_rotary_factor");
  if (is_in_rope) share = rope.positive("partial_rotary_factor");
  config.size = static_cast<std::uint32_t>(defaults.head_size * std::min(share, 1.0));
  const auto refuse_share = [&](const std::string& expected) {
    if (is_in_rope) rope.refuse("partial_rotary_factor", expected);
    fields.refuse(defaults.turned_share_field, expected);
  };
  if (share != 1 && (share > 1 || !defaults.may_turn_part)) refuse_share("1.0");
  if (config.size == 0 || config.size % 2 != 0)
    refuse_share(fmt::format(
        "a share of the head size {} that is an even number: rotary positions turn pairs",
        defaults.head_size));
  read_scaling(fields, rope, defaults, config);
  return config;
}

std::vector<float> rotary_frequencies(const RotaryConfig& config, bool is_long) {
  std::vector<float> frequencies(config.size / 2);
  const auto* longrope = std::get_if<LongRotaryScaling>(&config.scaling);
  for (std::size_t i = 0; i < frequencies.size(); ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(config.size);
    float divisor = std::pow(static_cast<float>(config.base), exponent);
    if (longrope != nullptr)
      divisor *= (is_long ? longrope->long_factors : longrope->short_factors)[i];
    frequencies[i] = 1.0F / divisor;
  }
  if (const auto* linear = std::get_if<LinearRotaryScaling>(&config.scaling))
    for (float& frequency : frequencies) frequency /= static_cast<float>(linear->factor);
  const auto* llama3 = std::get_if<Llama3RotaryScaling>(&config.scaling);
  if (llama3 == nullptr) return frequencies;

  const auto low_wavelength =
      static_cast<float>(llama3->original_positions / llama3->low_frequency_factor);
  const auto high_wavelength =
      static_cast<float>(llama3->original_positions / llama3->high_frequency_factor);
  const auto factor = static_cast<float>(llama3->factor);
  for (float& frequency : frequencies) {
    const float wavelength = 2.0F * std::numbers::pi_v<float> / frequency;
    if (wavelength < high_wavelength) continue;
    if (wavelength > low_wavelength) {
      frequency /= factor;
      continue;
    }
    const float smooth =
        (static_cast<float>(llama3->original_positions) / wavelength -
         static_cast<float>(llama3->low_frequency_factor)) /
        static_cast<float>(llama3->high_frequency_factor - llama3->low_frequency_factor);
    frequency = (1.0F - smooth) * frequency / factor + smooth * frequency;
  }
  return frequencies;
}

}  // namespace winnow::model
