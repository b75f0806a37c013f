#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pipeline/candidates.hpp"

namespace winnow::pipeline {

/// The candidates whose rows have one value of a field.
struct Stratum {
  std::string name;  ///< a text as it is, another value as JSON; empty where a row has none
  Candidates candidates;
};

/// More values than this do not group rows.
constexpr std::size_t kMostStrata = 10'000;

/// Collective. The candidates by the value of the step's field in their rows of the input, names
/// ascending; the same strata on every rank, some of them empty there.
/// @throws core::DataError for a field of more than kMostStrata values
[[nodiscard]] std::vector<Stratum> split_by_field(const Context& context, const IndexedData& data,
                                                  const SelectionStep& step,
                                                  const Candidates& candidates);

}  // namespace winnow::pipeline
