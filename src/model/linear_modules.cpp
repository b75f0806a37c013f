#include "model/linear_modules.hpp"

namespace winnow::model {

std::vector<LinearModule> linear_modules(const DecoderConfig& config) {
  const TensorNames& names = config.tensors;
  const std::int64_t query = std::int64_t{config.heads} * config.head_size;
  const std::int64_t key = std::int64_t{config.kv_heads} * config.head_size;
  const std::int64_t width = config.hidden_size;
  const std::int64_t inner = config.intermediate_size;
  std::vector<LinearModule> modules;
  if (names.qkv_layout == QkvLayout::separate) {
    modules.push_back({names.qkv[0], LayerProduct::qkv, 0, query, width});
    modules.push_back({names.qkv[1], LayerProduct::qkv, query, key, width});
    modules.push_back({names.qkv[2], LayerProduct::qkv, query + key, key, width});
  } else {
    const std::int64_t heads = names.qkv_layout == QkvLayout::by_head ? config.heads : 0;
    modules.push_back({names.qkv[0], LayerProduct::qkv, 0, query + 2 * key, width, heads});
  }
  modules.push_back({names.attention_out, LayerProduct::attention_out, 0, width, query});
  if (names.gate.empty()) {
    const std::int64_t outputs = config.is_gated ? 2 * inner : inner;
    modules.push_back({names.up, LayerProduct::gate_up, 0, outputs, width});
  } else {
    modules.push_back({names.gate, LayerProduct::gate_up, 0, inner, width});
    modules.push_back({names.up, LayerProduct::gate_up, inner, inner, width});
  }
  modules.push_back({names.down, LayerProduct::down, 0, width, inner});
  return modules;
}

}  // namespace winnow::model
