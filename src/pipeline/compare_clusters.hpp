#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/compare_inputs.hpp"

namespace winnow::pipeline {

/// How many parts of the data each selection reaches.
struct ClusterCoverage {
  std::string embedding;               ///< the scorer whose embeddings are clustered
  std::uint64_t rows = 0;              ///< that the clusters were found in
  std::uint64_t clusters = 0;          ///< 100, or fewer where there are fewer distinct embeddings
  std::vector<std::uint64_t> covered;  ///< of each selection: clusters that one of its rows is in
};

/// By the first scorer of the first run that has embeddings; nothing where none has. The clusters
/// are k-means' (seed 0) of all rows, from 20,000 rows on of as many, drawn with seed 0.
[[nodiscard]] std::optional<ClusterCoverage> cluster_coverage(const ComparedSelections& compared);

}  // namespace winnow::pipeline
