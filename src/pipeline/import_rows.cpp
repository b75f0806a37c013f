#include "pipeline/import_rows.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "data/json_fault.hpp"

namespace winnow::pipeline {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kLargestImport = std::uint64_t{8} << 30;
constexpr std::size_t kLongestWord = 40;
constexpr std::string_view kSpaces = " \t\r\n";
constexpr std::string_view kSpacesAndByteOrderMark = " \t\r\n\xEF\xBB\xBF";

/// The number or word around `offset`, or the byte there.
std::string show_found(std::string_view text, std::size_t offset) {
  if (offset >= text.size()) return "the end of the text";
  const auto is_of_word = [&](std::size_t i) {
    return std::isalnum(static_cast<unsigned char>(text[i])) != 0 ||
           std::string_view("+-._").find(text[i]) != std::string_view::npos;
  };
  if (!is_of_word(offset)) return data::show_byte(text[offset]);
  std::size_t begin = offset;
  while (begin > 0 && offset - begin < kLongestWord && is_of_word(begin - 1)) --begin;
  std::size_t end = offset + 1;
  while (end < text.size() && end - begin < kLongestWord && is_of_word(end)) ++end;
  return std::string(text.substr(begin, end - begin));
}

[[noreturn]] void refuse(const Json::exception& error, std::string_view text,
                         const std::string& where, const std::string& expected) {
  const auto* fault = dynamic_cast<const Json::parse_error*>(&error);
  if (fault == nullptr)
    throw core::DataError(
        fmt::format("{}: found a number that no double holds, expected a finite one", where));
  const std::size_t offset = fault->byte > 0 ? fault->byte - 1 : 0;
  throw core::DataError(fmt::format("{}, byte {}: found {}, expected {}", where, offset,
                                    show_found(text, offset), expected));
}

/// The whole text as JSON; a fault in the list (at the top, or under `key`) is told with its row.
Json parse_document(std::string_view text, const std::string& key, const std::string& file,
                    const std::string& value) {
  const int depth = key.empty() ? 0 : 1;  // brackets around the list
  bool is_key = key.empty();
  std::optional<std::uint64_t> row;
  const auto count = [&](int around, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::key && around == depth) is_key = parsed == key;
    if (event == Event::array_start && around == depth && is_key) row = 0;
    if (event == Event::array_end && around == depth) row.reset();
    const bool is_element =
        event == Event::value || event == Event::array_end || event == Event::object_end;
    if (row && is_element && around == depth + 1) ++*row;
    return true;
  };
  try {
    return Json::parse(text, count);
  } catch (const Json::exception& error) {
    refuse(error, text, row ? fmt::format("{}: row {}", file, *row) : file,
           fmt::format("JSON with a {} for each row", value));
  }
}

std::uint64_t take_list(std::string_view text, const std::string& key, const std::string& file,
                        const ImportedValue& value) {
  Json document = parse_document(text, key, file, value.name);
  if (!key.empty()) {
    if (!document.is_object() || !document.contains(key))
      throw core::DataError(
          fmt::format("{}: found {}, expected a JSON object with the key '{}'", file,
                      document.is_object() ? "other keys" : document.type_name(), key));
    Json list = std::move(document.at(key));
    document = std::move(list);
    if (!document.is_array())
      throw core::DataError(fmt::format("{}: '{}' is {}, expected a list with a {} for each row",
                                        file, key, document.type_name(), value.name));
  }
  std::uint64_t row = 0;
  for (const Json& each : document) value.take(row++, each);
  return row;
}

std::uint64_t take_lines(std::string_view text, const std::string& file,
                         const ImportedValue& value) {
  std::uint64_t row = 0;
  for (; !text.empty(); ++row) {
    const std::string_view line = text.substr(0, text.find('\n'));
    try {
      value.take(row, Json::parse(line));
    } catch (const Json::exception& error) {
      refuse(error, line, fmt::format("{}: row {}", file, row),
             fmt::format("one {} a line", value.name));
    }
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return row;
}

/// True if the text is one list of all rows.
bool is_list_of_rows(std::string_view text, bool rows_are_lists) {
  const std::size_t begin = text.find_first_not_of(kSpacesAndByteOrderMark);
  if (begin == std::string_view::npos || text[begin] != '[') return false;
  const std::size_t first = text.find_first_not_of(kSpaces, begin + 1);
  const bool is_row = first != std::string_view::npos && (text[first] == '"' || text[first] == ']');
  return !rows_are_lists || !is_row;
}

}  // namespace

std::string import_rows(const ImportedScorer& scorer, std::uint64_t rows,
                        const ImportedValue& value) {
  const std::string file = scorer.path.string();
  std::string bytes;
  try {
    bytes = core::read_file(scorer.path, kLargestImport);
  } catch (const core::EnvironmentError& error) {
    throw core::DataError(error.what());
  }
  const bool is_whole = !scorer.key.empty() || is_list_of_rows(bytes, value.is_list);
  const std::uint64_t found =
      is_whole ? take_list(bytes, scorer.key, file, value) : take_lines(bytes, file, value);
  if (found != rows)
    throw core::DataError(
        fmt::format("{}: {} values, expected {}: one for each row of the data", file, found, rows));
  return core::to_hex(core::hash128(bytes));
}

}  // namespace winnow::pipeline
