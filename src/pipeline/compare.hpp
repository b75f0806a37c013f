#pragma once

#include <filesystem>
#include <span>

#include <nlohmann/json.hpp>

namespace winnow::pipeline {

/// Selections side by side: sizes, what they share, what they hold. One process reads the files.
///
/// @param paths  run folders (every selection in them) and selection files (`selection/<name>.h5`)
/// @throws core::UsageError for fewer than two selections, one that is named twice, or selections
/// of different data sets; core::ModelError for a damaged file.
/// @returns `names`; the square tables `overlap`, `jaccard` and `expected` (of draws from all
/// rows); `selections` by name; `tokens_left_out`: scorers whose token counts some run has not;
/// where a run has embeddings `clusters`: how many of 100 clusters of all rows (k-means, seed 0)
/// each selection is in; `scores` with the rank correlations of what the runs' scorers stored
[[nodiscard]] nlohmann::ordered_json compare(std::span<const std::filesystem::path> paths);

}  // namespace winnow::pipeline
