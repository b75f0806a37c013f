#include "training/model_folder_torch.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "model/safetensors_writer.hpp"
#include "training/pending_folder.hpp"
#include "training/sealed_folder.hpp"

namespace winnow::training {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::uint64_t kLargestFile = std::uint64_t{1} << 30;

/// Files that go over as they are, where the source has them.
constexpr std::array<std::string_view, 13> kCopied = {"generation_config.json",
                                                      "tokenizer.json",
                                                      "tokenizer_config.json",
                                                      "tokenizer.model",
                                                      "special_tokens_map.json",
                                                      "added_tokens.json",
                                                      "vocab.json",
                                                      "merges.txt",
                                                      "vocab.txt",
                                                      "chat_template.jinja",
                                                      "chat_template.json",
                                                      "winnow_template.json",
                                                      "LICENSE"};

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

/// config.json, with the type that the weights are stored in under the key that the file uses.
void write_config(const fs::path& folder, const ModelFolderOptions& options) {
  constexpr std::array<const char*, 2> kKeys = {"dtype", "torch_dtype"};
  Json config = Json::parse(core::read_file(options.source / "config.json", kLargestFile));
  const char* const type = options.is_bf16 ? "bfloat16" : "float32";
  bool is_told = false;
  for (const char* key : kKeys)
    if (config.contains(key)) {
      config[key] = type;
      is_told = true;
    }
  if (!is_told) config[kKeys.back()] = type;
  core::write_file(folder / "config.json", config.dump(2) + "\n");
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
  write_config(pending.path(), options);
  for (const std::string_view name : kCopied)
    if (fs::exists(options.source / name))
      core::write_file(pending.path() / name, core::read_file(options.source / name, kLargestFile));
  write_weights(pending.path(), tensors, options);
  seal_folder(pending.path(), made_from);
  pending.publish();
}

}  // namespace winnow::training
