#include "model/weight_files.hpp"

#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"

namespace winnow::model {
namespace {

constexpr const char* kSingleFile = "model.safetensors";
constexpr const char* kIndexFile = "model.safetensors.index.json";
constexpr std::uint64_t kLargestIndex = 100'000'000;

[[noreturn]] void fail(const std::filesystem::path& file, std::string_view what) {
  throw core::ModelError(fmt::format("{}: {}", file.string(), what));
}

[[noreturn]] void refuse_folder_without_weights(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".bin" || extension == ".pt" || extension == ".pth" || extension == ".ckpt" ||
        extension == ".pkl")
      fail(entry.path(),
           "weights in a pickle file can run code when they are read and are refused; save the "
           "model as safetensors");
    if (extension == ".gguf")
      fail(entry.path(),
           "GGUF weights are not read directly; convert them with `winnow import` first");
  }
  fail(folder, fmt::format("no weights, expected {} or {}", kSingleFile, kIndexFile));
}

bool is_plain_file_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
}

/// tensor name -> shard file name
std::map<std::string, std::string> read_index(const std::filesystem::path& file) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const std::string text = core::read_file(file, kLargestIndex);
  if (const auto error = parser.parse(text).get(root))
    fail(file, fmt::format("not valid JSON: {}", simdjson::error_message(error)));
  simdjson::dom::object weight_map;
  if (root["weight_map"].get_object().get(weight_map)) fail(file, "no object `weight_map`");
  std::map<std::string, std::string> shards;
  for (const auto field : weight_map) {
    std::string_view shard;
    if (field.value.get_string().get(shard))
      fail(file, fmt::format("`weight_map`: the shard of `{}` is no string", field.key));
    if (!is_plain_file_name(std::string(shard)))
      fail(file,
           fmt::format(
               "tensor `{}` is in shard \"{}\", expected the name of a file in the same folder",
               field.key, shard));
    if (!shards.emplace(field.key, shard).second)
      fail(file, fmt::format("tensor `{}` comes twice", field.key));
  }
  if (shards.empty()) fail(file, "`weight_map` is empty, expected the model's tensors");
  return shards;
}

}  // namespace

WeightFiles::WeightFiles(const std::filesystem::path& folder) : folder_(folder) {
  std::error_code ignored;
  if (std::filesystem::exists(folder / kSingleFile, ignored)) {
    files_.emplace_back(folder / kSingleFile);
    for (const auto& [name, place] : files_.front().tensors()) tensors_.emplace(name, 0);
    return;
  }
  if (!std::filesystem::exists(folder / kIndexFile, ignored)) refuse_folder_without_weights(folder);

  const std::map<std::string, std::string> index = read_index(folder / kIndexFile);
  std::set<std::string> shards;
  for (const auto& [tensor, shard] : index) shards.insert(shard);
  for (const std::string& shard : shards) {
    if (!std::filesystem::exists(folder / shard, ignored))
      fail(folder / shard, fmt::format("missing, named by {}", kIndexFile));
    files_.emplace_back(folder / shard);
    for (const auto& [name, place] : files_.back().tensors()) {
      const auto entry = index.find(name);
      if (entry == index.end() || entry->second != shard)
        fail(folder / shard,
             fmt::format("tensor `{}` is not of this shard by {}", name, kIndexFile));
      tensors_.emplace(name, files_.size() - 1);
    }
  }
  for (const auto& [tensor, shard] : index)
    if (!tensors_.contains(tensor))
      fail(folder / shard, fmt::format("tensor `{}` missing, named by {}", tensor, kIndexFile));
}

TensorView WeightFiles::take(const std::string& name, const std::vector<std::uint64_t>& shape) {
  const auto tensor = tensors_.find(name);
  if (tensor == tensors_.end())
    fail(folder_, fmt::format("tensor `{}` is missing from the weights", name));
  const SafetensorsFile& file = files_[tensor->second];
  TensorView view = file.view(name);
  if (view.shape != shape)
    fail(file.path(), fmt::format("tensor `{}` has shape [{}], expected [{}] by config.json", name,
                                  fmt::join(view.shape, ", "), fmt::join(shape, ", ")));
  taken_.insert(name);
  return view;
}

void WeightFiles::expect_all_taken() const {
  for (const auto& [name, file] : tensors_)
    if (!taken_.contains(name))
      fail(files_[file].path(), fmt::format("tensor `{}` is not part of the architecture", name));
}

std::map<std::string, std::uint64_t> WeightFiles::elements() const {
  std::map<std::string, std::uint64_t> counts;
  for (const SafetensorsFile& file : files_)
    for (const auto& [name, place] : file.tensors()) {
      std::uint64_t elements = 1;
      for (const std::uint64_t extent : place.shape) elements *= extent;
      counts[place.dtype] += elements;
    }
  return counts;
}

std::vector<std::filesystem::path> WeightFiles::files() const {
  std::vector<std::filesystem::path> paths = {folder_ / "config.json"};
  for (const SafetensorsFile& file : files_) paths.push_back(file.path());
  return paths;
}

std::vector<std::filesystem::path> WeightFiles::files_to_copy() const {
  std::vector<std::filesystem::path> paths = files();
  const std::filesystem::path index = folder_ / kIndexFile;
  if (files_.front().path().filename() != kSingleFile) paths.push_back(index);
  return paths;
}

std::string WeightFiles::fingerprint(const std::function<void()>& between_pieces) const {
  core::StreamHash hash;
  for (const std::filesystem::path& file : files())
    hash.update(fmt::format("{} {}\n", file.filename().string(),
                            core::to_hex(core::hash_file(file.string(), between_pieces))));
  return core::to_hex(hash.digest());
}

}  // namespace winnow::model
