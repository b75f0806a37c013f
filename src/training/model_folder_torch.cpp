#include "training/model_folder_torch.hpp"

#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/durable_file.hpp"
#include "training/model_files.hpp"
#include "training/pending_folder.hpp"
#include "training/sealed_folder.hpp"
#include "training/tensor_file_torch.hpp"

namespace winnow::training {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Tensors in order, as many to a file as it may hold.
std::vector<std::vector<const NamedTensor*>> shards_of(const std::vector<NamedTensor>& tensors,
                                                       const ModelFolderOptions& options) {
  std::vector<std::vector<const NamedTensor*>> shards;
  std::uint64_t bytes = 0;
  for (const NamedTensor& tensor : tensors) {
    const std::uint64_t more = stored_bytes(tensor, options.is_bf16);
    if (shards.empty() || bytes + more > options.shard_bytes) {
      shards.emplace_back();
      bytes = 0;
    }
    shards.back().push_back(&tensor);
    bytes += more;
  }
  return shards;
}

void write_weights(const fs::path& folder, const std::vector<NamedTensor>& tensors,
                   const ModelFolderOptions& options) {
  const auto shards = shards_of(tensors, options);
  if (shards.size() == 1)
    return write_tensor_file(folder / "model.safetensors", shards.front(), options.is_bf16);
  Json index;
  index["metadata"]["total_size"] = weight_bytes(tensors, options);
  for (std::size_t shard = 0; shard < shards.size(); ++shard) {
    const std::string name =
        fmt::format("model-{:05}-of-{:05}.safetensors", shard + 1, shards.size());
    write_tensor_file(folder / name, shards[shard], options.is_bf16);
    for (const NamedTensor* tensor : shards[shard]) index["weight_map"][tensor->name] = name;
  }
  core::write_file(folder / "model.safetensors.index.json", index.dump(2) + "\n");
}

}  // namespace

std::uint64_t weight_bytes(const std::vector<NamedTensor>& tensors,
                           const ModelFolderOptions& options) {
  std::uint64_t bytes = 0;
  for (const NamedTensor& tensor : tensors) bytes += stored_bytes(tensor, options.is_bf16);
  return bytes;
}

void write_model_folder(const fs::path& target, const std::vector<NamedTensor>& tensors,
                        const ModelFolderOptions& options, const std::string& made_from) {
  PendingFolder pending(target);
  write_model_files(pending.path(), options.source, options.is_bf16);
  write_weights(pending.path(), tensors, options);
  seal_folder(pending.path(), made_from);
  pending.publish();
}

}  // namespace winnow::training
