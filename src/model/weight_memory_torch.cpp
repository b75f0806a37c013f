#include "model/weight_memory_torch.hpp"

#include <algorithm>
#include <set>

#include <c10/core/InferenceMode.h>

namespace winnow::model {
namespace {

/// Elements of the largest matrix that is widened for a product: tiles of the head are smaller.
std::uint64_t largest_product(const DecoderConfig& config) {
  const std::uint64_t heads = config.heads + 2ULL * config.kv_heads;
  const std::uint64_t inner = (config.is_gated ? 2ULL : 1ULL) * config.intermediate_size;
  return config.hidden_size * std::max(heads * config.head_size, inner);
}

/// Adds up storages, each once.
class StorageCount {
 public:
  explicit StorageCount(const std::set<const c10::StorageImpl*>& mapped) : mapped_(mapped) {}

  void add(const at::Tensor& tensor) {
    if (!tensor.defined()) return;
    const c10::StorageImpl* storage = tensor.storage().unsafeGetStorageImpl();
    if (!seen_.insert(storage).second) return;
    (mapped_.contains(storage) ? memory_.shared : memory_.own) += storage->nbytes();
  }
  void add(const Norm& norm) {
    add(norm.weight);
    add(norm.bias);
  }
  void add(const Linear& linear) {
    for (const at::Tensor& part : linear.parts) add(part);
    add(linear.bias);
  }
  [[nodiscard]] const WeightMemory& memory() const { return memory_; }

 private:
  const std::set<const c10::StorageImpl*>& mapped_;
  std::set<const c10::StorageImpl*> seen_;
  WeightMemory memory_;
};

}  // namespace

WeightMemory memory_of(const DecoderWeights& weights, const std::vector<at::Tensor>& mapped) {
  std::set<const c10::StorageImpl*> mapped_storages;
  for (const at::Tensor& tensor : mapped)
    mapped_storages.insert(tensor.storage().unsafeGetStorageImpl());
  StorageCount count(mapped_storages);
  for (const at::Tensor& tensor : {weights.embedding, weights.positions, weights.head})
    count.add(tensor);
  for (const Norm& norm : {weights.embedding_norm, weights.final_norm}) count.add(norm);
  for (const DecoderLayer& layer : weights.layers) {
    for (const Norm* norm : {&layer.attention_norm, &layer.query_norm, &layer.key_norm,
                             &layer.attention_out_norm, &layer.mlp_norm, &layer.down_norm})
      count.add(*norm);
    for (const Linear* linear : {&layer.qkv, &layer.attention_out, &layer.gate_up, &layer.down})
      count.add(*linear);
  }
  return count.memory();
}

WeightMemory weight_memory(const DecoderConfig& config, const std::shared_ptr<WeightFiles>& files,
                           Arithmetic arithmetic, Widening widening) {
  const c10::InferenceMode no_autograd;
  std::vector<at::Tensor> mapped;
  const DecoderWeights weights =
      load_widened_weights(config, files, arithmetic, at::kMeta, widening, &mapped);
  WeightMemory memory = memory_of(weights, mapped);
  if (joins_parts(arithmetic) && widening == Widening::at_each_product)
    memory.own += largest_product(config) * sizeof(float);
  return memory;
}

}  // namespace winnow::model
