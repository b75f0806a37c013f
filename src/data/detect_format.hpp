#pragma once

#include <string>
#include <string_view>

#include "data/row_format.hpp"

namespace winnow::data {

struct Detected {
  Format format = Format::alpaca;
  FieldNames fields;
  std::string description;  ///< "alpaca (instruction, input, output)"
};

/// Tells the format from one row's fields: `chosen` and `rejected`, `conversations`, `messages`, or
/// instruction and output; with unmapped fields also Dolly's instruction, context, response.
/// @throws RowFault if the row is no JSON object, or its fields fit no format.
[[nodiscard]] Detected detect_format(std::string_view row, const FieldNames& fields,
                                     bool answer_required = true);

}  // namespace winnow::data
