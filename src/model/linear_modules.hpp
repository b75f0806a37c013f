#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "model/model_config.hpp"

namespace winnow::model {

/// The products of a layer: matrices that read the same input are one.
enum class LayerProduct { qkv, attention_out, gate_up, down };
constexpr std::size_t kLayerProducts = 4;

/// A matrix of a layer as the family's files hold it.
struct LinearModule {
  std::string_view name;  ///< behind the layer's number: `self_attn.q_proj`
  LayerProduct product = LayerProduct::qkv;
  std::int64_t begin = 0;  ///< its outputs are the product's [begin, begin + outputs)
  std::int64_t outputs = 0;
  std::int64_t inputs = 0;
  std::int64_t heads = 0;  ///< above 0: files have its outputs as QkvLayout::by_head
};

/// Those of each layer, in the order of the products and of their outputs.
[[nodiscard]] std::vector<LinearModule> linear_modules(const DecoderConfig& config);

}  // namespace winnow::model
