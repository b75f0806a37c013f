#include "data/row_format.hpp"

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::data {

std::string_view to_string(Format format) {
  switch (format) {
    case Format::alpaca:
      return "alpaca";
    case Format::sharegpt:
      return "sharegpt";
    case Format::messages:
      return "messages";
    case Format::preference:
      return "preference";
  }
  throw core::InternalError("unknown Format");
}

std::string_view to_string(Layout layout) {
  return layout == Layout::json_array ? "JSON array" : "JSON Lines";
}

Format parse_format(std::string_view name) {
  for (const Format format :
       {Format::alpaca, Format::sharegpt, Format::messages, Format::preference})
    if (to_string(format) == name) return format;
  throw core::UsageError(fmt::format(
      "data.format: found \"{}\", expected auto, alpaca, sharegpt, messages or preference", name));
}

}  // namespace winnow::data
