#include "data/json_document.hpp"

#include <string>

#include <fmt/format.h>

#include "data/json_fault.hpp"
#include "data/parse_row.hpp"

namespace winnow::data {
namespace {

/// After a longer row the thread gives its buffers back.
constexpr std::size_t kKeptBytes = std::size_t{4} << 20;

struct ThreadParser {
  simdjson::dom::parser parser;
  std::string padded;
};

[[noreturn]] void refuse(std::string_view text, simdjson::error_code error) {
  if (const auto fault = find_json_fault(text)) throw RowFault(fault->message(), fault->offset);
  if (error == simdjson::DEPTH_ERROR)
    throw RowFault(
        fmt::format("nested too deeply, expected less than {} levels", simdjson::DEFAULT_MAX_DEPTH),
        0);
  if (error == simdjson::NUMBER_ERROR)
    throw RowFault(
        "a number that fits neither a 64-bit integer nor a double, expected one that does", 0);
  if (error == simdjson::MEMALLOC)
    throw core::EnvironmentError(fmt::format("no memory to parse a row of {} bytes", text.size()));
  throw RowFault(fmt::format("cannot be parsed: {}", simdjson::error_message(error)), 0);
}

}  // namespace

simdjson::dom::element parse_json(std::string_view text) {
  static thread_local ThreadParser thread;
  if (thread.padded.capacity() > kKeptBytes && text.size() <= kKeptBytes) {
    thread.parser = simdjson::dom::parser();
    thread.padded = std::string();
  }
  thread.padded.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  thread.padded.assign(text);
  thread.padded.append(simdjson::SIMDJSON_PADDING, '\0');
  simdjson::dom::element element;
  const auto error =
      thread.parser.parse(thread.padded.data(), text.size(), /*realloc_if_needed=*/false)
          .get(element);
  if (error != simdjson::SUCCESS) refuse(text, error);
  return element;
}

const char* type_name(simdjson::dom::element element) {
  switch (element.type()) {
    case simdjson::dom::element_type::ARRAY:
      return "a list";
    case simdjson::dom::element_type::OBJECT:
      return "an object";
    case simdjson::dom::element_type::STRING:
      return "a string";
    case simdjson::dom::element_type::BOOL:
      return "a boolean";
    case simdjson::dom::element_type::NULL_VALUE:
      return "null";
    default:
      return "a number";
  }
}

}  // namespace winnow::data
