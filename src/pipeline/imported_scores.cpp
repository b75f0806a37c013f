#include "pipeline/imported_scores.hpp"

#include <algorithm>
#include <cctype>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "data/json_fault.hpp"

namespace winnow::pipeline {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kLargestImport = std::uint64_t{8} << 30;
constexpr std::size_t kLongestWord = 40;
constexpr std::string_view kSpacesAndByteOrderMark = " \t\r\n\xEF\xBB\xBF";

void add(ImportedScores& scores, const Json& value, const std::string& file) {
  if (value.is_null()) {
    scores.values.push_back(std::numeric_limits<double>::quiet_NaN());
    scores.status.push_back(core::ScoreStatus::not_given);
    return;
  }
  if (!value.is_number())
    throw core::DataError(fmt::format("{}: row {}: found {}, expected a number or null", file,
                                      scores.values.size(), value.type_name()));
  scores.values.push_back(value.get<double>());
  scores.status.push_back(core::ScoreStatus::ok);
}

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
                         const std::string& where, const char* expected) {
  const auto* fault = dynamic_cast<const Json::parse_error*>(&error);
  if (fault == nullptr)
    throw core::DataError(
        fmt::format("{}: found a number that no double holds, expected a finite one", where));
  const std::size_t offset = fault->byte > 0 ? fault->byte - 1 : 0;
  throw core::DataError(fmt::format("{}, byte {}: found {}, expected {}", where, offset,
                                    show_found(text, offset), expected));
}

/// The whole text as JSON; a fault in the list (at the top, or under `key`) is told with its row.
Json parse_document(std::string_view text, const std::string& key, const std::string& file) {
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
           "JSON with a number or null for each row");
  }
}

void add_list(ImportedScores& scores, std::string_view text, const std::string& key,
              const std::string& file) {
  Json document = parse_document(text, key, file);
  if (!key.empty()) {
    if (!document.is_object() || !document.contains(key))
      throw core::DataError(
          fmt::format("{}: found {}, expected a JSON object with the key '{}'", file,
                      document.is_object() ? "other keys" : document.type_name(), key));
    Json list = std::move(document.at(key));
    document = std::move(list);
    if (!document.is_array())
      throw core::DataError(fmt::format("{}: '{}' is {}, expected a list of numbers and nulls",
                                        file, key, document.type_name()));
  }
  for (const Json& value : document) add(scores, value, file);
}

void add_lines(ImportedScores& scores, std::string_view text, const std::string& file) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    try {
      add(scores, Json::parse(line), file);
    } catch (const Json::exception& error) {
      refuse(error, line, fmt::format("{}: row {}", file, scores.values.size()),
             "one number or null a line");
    }
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
}

}  // namespace

ImportedScores read_imported_scores(const ImportedScorer& scorer, std::uint64_t rows) {
  const std::string file = scorer.path.string();
  std::string bytes;
  try {
    bytes = core::read_file(scorer.path, kLargestImport);
  } catch (const core::EnvironmentError& error) {
    throw core::DataError(error.what());
  }
  ImportedScores scores;
  scores.file_hash = core::to_hex(core::hash128(bytes));
  const std::size_t begin = bytes.find_first_not_of(kSpacesAndByteOrderMark);
  const bool is_list = begin != std::string::npos && bytes[begin] == '[';
  if (is_list || !scorer.key.empty()) {
    add_list(scores, bytes, scorer.key, file);
  } else {
    add_lines(scores, bytes, file);
  }
  if (scores.values.size() != rows)
    throw core::DataError(fmt::format("{}: {} scores, expected {}: one for each row of the data",
                                      file, scores.values.size(), rows));
  return scores;
}

}  // namespace winnow::pipeline
