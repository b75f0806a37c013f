#include "training/copied_files.hpp"

#include <array>
#include <cstdint>

#include "core/durable_file.hpp"

namespace winnow::training {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLargestFile = std::uint64_t{1} << 30;

constexpr std::array kTextFiles = {"tokenizer.json",       "tokenizer_config.json",
                                   "tokenizer.model",      "special_tokens_map.json",
                                   "added_tokens.json",    "vocab.json",
                                   "merges.txt",           "vocab.txt",
                                   "chat_template.jinja",  "chat_template.json",
                                   "winnow_template.json", "LICENSE"};

}  // namespace

void copy_if_there(const fs::path& file, const fs::path& to) {
  if (fs::exists(file)) core::write_file(to / file.filename(), core::read_file(file, kLargestFile));
}

void copy_text_files(const fs::path& from, const fs::path& to) {
  for (const char* name : kTextFiles) copy_if_there(from / name, to);
}

}  // namespace winnow::training
