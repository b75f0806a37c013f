#include "training/model_folder_torch.hpp"

#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "model/safetensors_writer.hpp"
#include "training/model_files.hpp"
#include "training/pending_folder.hpp"
#include "training/sealed_folder.hpp"

namespace winnow::training {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const char* dtype_of(const ModelFolderOptions& options) { return options.is_bf16 ? "BF16" : "F32"; }

model::TensorHead head_of(const NamedTensor& tensor, const ModelFolderOptions& options) {
  model::TensorHead head{tensor.name, dtype_of(options), {}};
  for (const std::int64_t size : tensor.values.sizes())
    head.shape.push_back(static_cast<std::uint64_t>(size));
  return head;
}

/// Tensors in order, as many to a file as it may hold.
std::vector<std::vector<const NamedTensor*>> shards_of(const std::vector<NamedTensor>& tensors,
                                                       const ModelFolderOptions& options) {
  std::vector<std::vector<const NamedTensor*>> shards;
  std::uint64_t bytes = 0;
  for (const NamedTensor& tensor : tensors) {
    const std::uint64_t more = head_of(tensor, options).bytes();
    if (shards.empty() || bytes + more > options.shard_bytes) {
      shards.emplace_back();
      bytes = 0;
    }
    shards.back().push_back(&tensor);
    bytes += more;
  }
  return shards;
}

void expect_written(const fs::path& file, const core::Hash128& hash) {
  if (core::hash_file(file.string()) != hash)
    throw core::EnvironmentError(fmt::format(
        "{}: does not read back as it was written: expected a disk that keeps what it is given",
        file.string()));
}

void write_shard(const fs::path& file, const std::vector<const NamedTensor*>& tensors,
                 const ModelFolderOptions& options) {
  std::vector<model::TensorHead> heads;
  for (const NamedTensor* tensor : tensors) heads.push_back(head_of(*tensor, options));
  model::SafetensorsWriter writer(file, heads, {{"format", "pt"}});
  for (const NamedTensor* tensor : tensors) {
    const at::Tensor stored =
        tensor->values.detach().cpu().to(options.is_bf16 ? at::kBFloat16 : at::kFloat).contiguous();
    writer.write({static_cast<const char*>(stored.const_data_ptr()), stored.nbytes()});
  }
  expect_written(file, writer.finish());
}

void write_weights(const fs::path& folder, const std::vector<NamedTensor>& tensors,
                   const ModelFolderOptions& options) {
  const auto shards = shards_of(tensors, options);
  if (shards.size() == 1) return write_shard(folder / "model.safetensors", shards.front(), options);
  Json index;
  index["metadata"]["total_size"] = weight_bytes(tensors, options);
  for (std::size_t shard = 0; shard < shards.size(); ++shard) {
    const std::string name =
        fmt::format("model-{:05}-of-{:05}.safetensors", shard + 1, shards.size());
    write_shard(folder / name, shards[shard], options);
    for (const NamedTensor* tensor : shards[shard]) index["weight_map"][tensor->name] = name;
  }
  core::write_file(folder / "model.safetensors.index.json", index.dump(2) + "\n");
}

}  // namespace

std::uint64_t weight_bytes(const std::vector<NamedTensor>& tensors,
                           const ModelFolderOptions& options) {
  std::uint64_t bytes = 0;
  for (const NamedTensor& tensor : tensors) bytes += head_of(tensor, options).bytes();
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
