#include "data/row_scanner.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/json_fault.hpp"

namespace winnow::data {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kSpaces = " \t\r\n";
constexpr std::string_view kScalarEnds = " \t\r\n,[]{}:\"";

bool cannot_begin_a_row(std::optional<char> byte) {
  return !byte || std::string_view(",]}:").find(*byte) != std::string_view::npos;
}

std::string_view without_spaces_at_the_end(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kSpaces) + 1);
}

}  // namespace

RowScanner::RowScanner(const DataFile& file, std::uint32_t index, core::RowId first_row,
                       const ScanOptions& options)
    : file_(file), options_(options), window_(file.path, options.window_bytes) {
  place_.row = first_row;
  place_.file = index;
  if (window_.available(kByteOrderMark.size()).starts_with(kByteOrderMark))
    window_.consume(kByteOrderMark.size());
  skip_spaces();
  if (const auto first = peek()) {
    layout_ = *first == '[' ? Layout::json_array : Layout::json_lines;
    if (layout_ == Layout::json_array) window_.consume(1);
  } else {
    finished_ = true;
  }
}

std::optional<RowSlice> RowScanner::next() {
  if (finished_) return std::nullopt;
  window_.drop();
  std::optional<RowSlice> row;
  if (layout_ == Layout::json_lines) {
    row = line();
  } else if (enter_element()) {
    row = element();
  }
  if (!row) finished_ = true;
  return row;
}

std::optional<char> RowScanner::peek() {
  const auto bytes = window_.available();
  return bytes.empty() ? std::nullopt : std::optional(bytes.front());
}

void RowScanner::skip_spaces() {
  while (true) {
    const auto bytes = window_.available();
    const std::size_t spaces = std::min(bytes.find_first_not_of(kSpaces), bytes.size());
    window_.consume(spaces);
    if (bytes.empty() || spaces < bytes.size()) return;
  }
}

bool RowScanner::enter_element() {
  skip_spaces();
  auto byte = peek();
  if (any_row_ && byte == ',') {
    window_.consume(1);
    skip_spaces();
    byte = peek();
    if (cannot_begin_a_row(byte)) refuse_byte(byte, "a row after the comma");
    return true;
  }
  if (byte != ']') {
    if (any_row_) refuse_byte(byte, "',' or ']' after a row");
    if (cannot_begin_a_row(byte)) refuse_byte(byte, "a row or ']'");
    return true;
  }
  window_.consume(1);
  skip_spaces();
  if (const auto more = peek()) refuse_byte(more, "the end of the file after the array");
  return false;
}

RowSlice RowScanner::element() {
  begin_row();
  const bool is_bracketed = std::string_view("{[\"").find(*peek()) != std::string_view::npos;
  const bool is_whole = is_bracketed ? find_bracketed_end() : find_scalar_end();
  if (!is_whole) throw core::DataError(cut_off_message(window_.kept(), "the file is cut off"));
  if (too_long_) return finish_row({}, too_long_message());
  return finish_row(window_.kept(), {});
}

bool RowScanner::find_scalar_end() {
  while (true) {
    const auto bytes = window_.available();
    if (bytes.empty()) return false;
    const std::size_t end = bytes.find_first_of(kScalarEnds);
    consume(std::min(end, bytes.size()));
    if (end != std::string_view::npos) return true;
  }
}

bool RowScanner::find_bracketed_end() {
  std::vector<bool> open;  // true: '{'
  bool in_string = false;
  bool escaped = false;
  while (true) {
    const auto bytes = window_.available();
    if (bytes.empty()) return false;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const char byte = bytes[i];
      if (escaped) {
        escaped = false;
        continue;
      }
      if (in_string) {
        escaped = byte == '\\';
        in_string = byte != '"';
      } else if (byte == '"') {
        in_string = true;
        continue;
      } else if (byte == '{' || byte == '[') {
        open.push_back(byte == '{');
      } else if (byte == '}' || byte == ']') {
        if (open.back() != (byte == '}')) {
          consume(i + 1);
          refuse_row(window_.kept());
        }
        open.pop_back();
      }
      if (open.empty() && !in_string) {
        consume(i + 1);
        return true;
      }
    }
    consume(bytes.size());
  }
}

std::optional<RowSlice> RowScanner::line() {
  skip_spaces();
  if (!peek()) return std::nullopt;
  begin_row();
  bool has_end = false;
  while (!has_end) {
    const auto bytes = window_.available();
    if (bytes.empty()) break;
    const std::size_t end = bytes.find('\n');
    has_end = end != std::string_view::npos;
    consume(has_end ? end : bytes.size());
  }
  if (too_long_) return finish_row({}, too_long_message());
  const auto bytes = without_spaces_at_the_end(window_.kept());
  if (!has_end) {
    const auto fault = find_json_fault(bytes);
    if (fault && fault->offset == bytes.size()) {
      auto message = cut_off_message(bytes, "the last line is torn");
      if (!options_.skip_bad_rows) throw core::DataError(message);
      return finish_row({}, std::move(message));
    }
  }
  return finish_row(bytes, {});
}

void RowScanner::begin_row() {
  place_.byte_offset = window_.offset();
  place_.line = window_.line();
  too_long_ = false;
  any_row_ = true;
  window_.mark();
}

void RowScanner::consume(std::size_t count) {
  window_.consume(count);
  const std::uint64_t length = window_.offset() - place_.byte_offset;
  if (!too_long_ && length > options_.max_row_bytes) {
    // What looks like an endless row is more often one with a fault early on, such as a missing
    // quote.
    const bool can_skip = options_.skip_bad_rows && layout_ == Layout::json_lines;
    const auto fault = can_skip ? std::nullopt : find_json_fault(window_.kept());
    if (fault && fault->offset < window_.kept().size()) refuse_row(window_.kept());
    if (!options_.skip_bad_rows) throw core::DataError(too_long_message());
    too_long_ = true;
    window_.drop();
  }
  if (too_long_ && length > options_.max_skipped_bytes)
    throw core::DataError(
        fmt::format("{}: found more than {} bytes in the row, expected at most that many even in "
                    "a row that is skipped",
                    locate(file_.name, place_, {}, 0), options_.max_skipped_bytes));
}

RowSlice RowScanner::finish_row(std::string_view bytes, std::string fault) {
  place_.byte_length = fault.empty() ? bytes.size() : window_.offset() - place_.byte_offset;
  RowSlice slice{place_, bytes, std::move(fault)};
  ++place_.row;
  return slice;
}

std::string RowScanner::too_long_message() const {
  return fmt::format("{}: found more than {} bytes in the row, expected at most data.max_row_bytes",
                     locate(file_.name, place_, {}, 0), options_.max_row_bytes);
}

std::string RowScanner::cut_off_message(std::string_view bytes, std::string_view what) const {
  if (too_long_)
    return fmt::format("{}: found the end of the file inside the row, {}",
                       locate(file_.name, place_, {}, 0), what);
  const auto fault = find_json_fault(bytes);
  core::check(fault.has_value() || layout_ == Layout::json_array, "a torn line has a fault");
  if (!fault)
    return fmt::format("{}: found the end of the file, expected ',' or ']' after a row: {}",
                       locate(file_.name, place_, bytes, bytes.size()), what);
  if (fault->offset < bytes.size())
    return fmt::format("{}: {}", locate(file_.name, place_, bytes, fault->offset),
                       fault->message());
  return fmt::format("{}: found the end of the file, expected {}: {}",
                     locate(file_.name, place_, bytes, fault->offset), fault->expected, what);
}

void RowScanner::refuse_row(std::string_view bytes) const {
  const auto fault = find_json_fault(bytes);
  core::check(fault.has_value() || too_long_, "brackets that do not match are a fault");
  if (too_long_)
    throw core::DataError(
        fmt::format("{}: found brackets that do not match in a row above data.max_row_bytes",
                    locate(file_.name, place_, {}, 0)));
  throw core::DataError(
      fmt::format("{}: {}", locate(file_.name, place_, bytes, fault->offset), fault->message()));
}

void RowScanner::refuse_byte(std::optional<char> found, std::string_view expected) const {
  RowPlace here = place_;
  here.byte_offset = window_.offset();
  here.line = window_.line();
  throw core::DataError(fmt::format("{}: found {}, expected {}", locate(file_.name, here, {}, 0),
                                    found ? show_byte(*found) : "the end of the file", expected));
}

}  // namespace winnow::data
