#pragma once

#include <cstdint>
#include <span>

#include "core/partition.hpp"
#include "selection/cosine_bounds.hpp"
#include "selection/selection.hpp"
#include "selection/vectors.hpp"

namespace winnow::selection {

/// Rows with a score and an embedding each. [n]; `cost` may be empty: every row then costs 1.
struct ScoredVectors {
  std::span<const core::RowId> row;
  std::span<const double> score;  ///< not NaN
  std::span<const std::uint32_t> cost;
  Vectors vectors;  ///< finite
};

/// Goes through the rows by score descending, then row id, and picks each whose cosine similarity
/// to every earlier pick is at most `max_cosine_similarity` (similarity.hpp), until `amount` is
/// spent: the list ends at the first pick whose cost no longer fits.
/// Source: Deita's Repr Filter, arXiv:2312.15685, section 2.4, and its released
/// `filter/base.py` with batches of one.
[[nodiscard]] Selection similarity_filter(const ScoredVectors& rows, double max_cosine_similarity,
                                          std::uint64_t amount);

/// The same picks from bounds of this form, whatever is fastest here.
[[nodiscard]] Selection similarity_filter(const ScoredVectors& rows, double max_cosine_similarity,
                                          std::uint64_t amount, BoundForm form);

}  // namespace winnow::selection
