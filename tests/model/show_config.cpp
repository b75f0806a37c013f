// show_config MODEL
// Prints what is read from a model folder's settings as a JSON object: "kind", "kv_heads",
// "head_size", "windows" (0: none) by layer, "rotations" by layer ("frequencies" of short and of
// long texts, "magnitude", "original_positions") and, of an encoder, "longest_text".
#include <iostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "model/model_config.hpp"
#include "model/sentence_transformer.hpp"
#include "model/text_encoder.hpp"

namespace {

using Json = nlohmann::json;
using namespace winnow::model;

Json rotation(const RotaryConfig& rotary) {
  Json shown = {{"frequencies", rotary_frequencies(rotary, false)},
                {"long_frequencies", rotary_frequencies(rotary, true)},
                {"magnitude", 1.0}};
  if (const auto* scaling = std::get_if<LongRotaryScaling>(&rotary.scaling)) {
    shown["magnitude"] = scaling->magnitude;
    shown["original_positions"] = scaling->original_positions;
  }
  return shown;
}

Json show(const std::filesystem::path& folder) {
  const bool is_encoder = kind_of_model(folder) == ModelKind::text_encoder;
  const DecoderConfig config =
      is_encoder ? read_encoder_config(folder) : read_decoder_config(folder);
  Json shown = {{"kind", is_encoder ? "encoder" : "decoder"},
                {"kv_heads", config.kv_heads},
                {"head_size", config.head_size},
                {"windows", Json::array()},
                {"rotations", Json::array()}};
  for (const LayerConfig& layer : config.layers) {
    shown["windows"].push_back(layer.window);
    if (!config.rotaries.empty())
      shown["rotations"].push_back(rotation(config.rotaries[layer.rotary]));
  }
  if (is_encoder) shown["longest_text"] = read_sentence_transformer(folder).max_positions;
  return shown;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    fmt::print(stderr, "usage: {} MODEL\n", arguments[0]);
    return 2;
  }
  try {
    std::cout << show(arguments[1]) << "\n";
    return 0;
  } catch (const winnow::core::Error& error) {
    fmt::print(stderr, "{}\n", winnow::core::one_line(error.what()));
    return static_cast<int>(error.code());
  }
}
