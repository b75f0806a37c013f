#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/candidates.hpp"
#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"
#include "selection/near_duplicates.hpp"

namespace winnow::pipeline {

/// Rows as a step that drops near duplicates looks at them: their places in its order and the word
/// n-grams of their texts, hashed.
struct RowShingles {
  Pool row;
  std::vector<std::uint64_t> key;
  std::vector<std::uint64_t> offset{0};
  std::vector<std::uint64_t> shingle;

  [[nodiscard]] selection::ShingledRows view() const { return {row, key, offset, shingle}; }
};

/// @param rows  ascending  @param values  of the rows by which the step goes; empty: by the file
/// @throws core::ModelError for a row that the index calls bad
[[nodiscard]] RowShingles shingles_of(const Context& context, const IndexedData& data,
                                      const SelectionStep& step, const Pool& rows,
                                      const std::vector<double>& values);

[[nodiscard]] selection::NearDuplicateRule near_duplicate_rule(const SelectionStep& step);

}  // namespace winnow::pipeline
