#pragma once

#include <simdjson.h>

#include "data/conversation.hpp"
#include "data/row_format.hpp"

namespace winnow::data {

/// A row of fields, as parse_row.hpp says.
/// @throws RowFault
[[nodiscard]] Conversation read_alpaca(simdjson::dom::object row, const FieldNames& fields,
                                       bool answer_required);

}  // namespace winnow::data
