#pragma once

#include <string>
#include <vector>

#include "pipeline/candidates.hpp"

namespace winnow::pipeline {

/// The candidates whose rows have one value of a field.
struct Stratum {
  std::string name;  ///< a text as it is, another value as JSON; empty where a row has none
  Candidates candidates;
};

/// Collective. The candidates by the value of `field` in their rows of the input, names ascending;
/// the same strata on every rank, some of them empty there.
[[nodiscard]] std::vector<Stratum> split_by_field(const Context& context, const IndexedData& data,
                                                  const std::string& field,
                                                  const Candidates& candidates);

}  // namespace winnow::pipeline
