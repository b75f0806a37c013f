#include "training/model_files.hpp"

#include <array>
#include <cstdint>

#include <nlohmann/json.hpp>

#include "core/durable_file.hpp"

namespace winnow::training {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::uint64_t kLargestFile = std::uint64_t{1} << 30;

/// What writes texts down for a model, and the licence.
constexpr std::array kTextFiles = {"tokenizer.json",       "tokenizer_config.json",
                                   "tokenizer.model",      "special_tokens_map.json",
                                   "added_tokens.json",    "vocab.json",
                                   "merges.txt",           "vocab.txt",
                                   "chat_template.jinja",  "chat_template.json",
                                   "winnow_template.json", "LICENSE"};

void copy_if_there(const fs::path& file, const fs::path& to) {
  if (fs::exists(file)) core::write_file(to / file.filename(), core::read_file(file, kLargestFile));
}

void write_config(const fs::path& folder, const fs::path& source, bool is_bf16) {
  constexpr std::array<const char*, 2> kKeys = {"dtype", "torch_dtype"};
  Json config = Json::parse(core::read_file(source / "config.json", kLargestFile));
  const char* const type = is_bf16 ? "bfloat16" : "float32";
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

void copy_text_files(const fs::path& from, const fs::path& to) {
  for (const char* name : kTextFiles) copy_if_there(from / name, to);
}

void write_model_files(const fs::path& folder, const fs::path& source, bool is_bf16) {
  write_config(folder, source, is_bf16);
  copy_text_files(source, folder);
  copy_if_there(source / "generation_config.json", folder);
}

}  // namespace winnow::training
