#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/partition.hpp"
#include "selection/selection.hpp"

namespace winnow::selection {

/// Rows with a cluster and the perplexity of their instruction. [n] each
struct PerplexedRows {
  std::span<const core::RowId> row;
  std::span<const std::uint32_t> cluster;
  std::span<const double> perplexity;  ///< not NaN
};

struct CherrySampleRule {
  std::size_t per_cluster = 10;  ///< at least 1
  double low_percentile = 25;    ///< of a cluster's perplexities, within 0 and 100
  double high_percentile = 75;
};

/// Cherry's pre-experience sample: clusters in ascending order, of each the rows in ascending order
/// (rows need not be passed so). A cluster with fewer than `per_cluster` rows is taken whole. Of a
/// larger one the rows stay whose perplexity lies between its two percentiles (numpy's linear ones,
/// both included); of these m rows every floor(m / per_cluster)-th from the first on, `per_cluster`
/// of them, or all where m is smaller.
/// Source: tianyi-lab/Cherry_LLM, cherry_seletion/data_by_cluster.py (its own band is 1 to 99,
/// that of its README's command 25 to 75), which loses the last clusters where one is empty.
/// @returns  indices into `rows`
[[nodiscard]] std::vector<std::size_t> cherry_picks(const PerplexedRows& rows,
                                                    const CherrySampleRule& rule);

/// These rows as a selection.
[[nodiscard]] Selection cherry_sample(const PerplexedRows& rows, const CherrySampleRule& rule);

}  // namespace winnow::selection
