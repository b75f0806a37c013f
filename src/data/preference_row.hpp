#pragma once

#include <cstdint>

#include <simdjson.h>

#include "data/row_format.hpp"
#include "data/sample.hpp"

namespace winnow::data {

/// Both sides of a pair, each as a row of its own.
struct PairOfSamples {
  Sample chosen;
  Sample rejected;
  std::uint32_t messages = 0;  ///< of the chosen side
};

/// A pair in any of the forms that parse_row.hpp names.
/// @throws RowFault
[[nodiscard]] PairOfSamples read_preference(simdjson::dom::object row, const FieldNames& fields);

}  // namespace winnow::data
