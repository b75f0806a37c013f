#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "data/pending_file.hpp"
#include "data/row_format.hpp"

namespace winnow::data {

/// Writes rows in the input's own layout, their bytes kept: `[`, a row a line with commas, `]`; or
/// a row a line. The file appears whole, or not at all.
class SubsetWriter {
 public:
  SubsetWriter(const std::filesystem::path& target, Layout layout);
  void add(std::string_view row);
  void publish();

 private:
  PendingFile file_;
  Layout layout_;
  bool empty_ = true;
};

/// ".json" or ".jsonl".
[[nodiscard]] std::string_view file_extension(Layout layout);

}  // namespace winnow::data
