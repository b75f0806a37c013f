#include "data/subset_writer.hpp"

#include "core/error.hpp"

namespace winnow::data {

SubsetWriter::SubsetWriter(const std::filesystem::path& target, Layout layout)
    : file_(target), layout_(layout) {
  if (layout_ == Layout::json_array) file_.write("[");
}

void SubsetWriter::add(std::string_view row) {
  if (layout_ == Layout::json_array) {
    file_.write(empty_ ? "\n" : ",\n");
  } else {
    core::check(row.find('\n') == std::string_view::npos, "a row of JSON Lines is one line");
  }
  file_.write(row);
  if (layout_ == Layout::json_lines) file_.write("\n");
  empty_ = false;
}

void SubsetWriter::publish() {
  if (layout_ == Layout::json_array) file_.write("\n]\n");
  file_.publish();
}

std::string_view file_extension(Layout layout) {
  return layout == Layout::json_array ? ".json" : ".jsonl";
}

}  // namespace winnow::data
