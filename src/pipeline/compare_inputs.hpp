#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/partition.hpp"
#include "pipeline/run_folder.hpp"
#include "store/selection_file.hpp"

namespace winnow::pipeline {

struct ComparedRun {
  RunFolder folder;
  std::string name;  ///< the end of its path, as much as tells it from the others
};

struct ComparedSelection {
  std::string name;  ///< its file's, behind its run's where several files are called so
  std::filesystem::path file;
  std::size_t run = 0;  ///< among the compared ones
  store::Selection stored;
  std::vector<core::RowId> rows;  ///< ascending, each once
  bool is_current = false;        ///< made from the data and scores that stand in its run now
};

/// Selections of one data set.
struct ComparedSelections {
  std::vector<ComparedRun> runs;
  std::vector<ComparedSelection> selections;
  std::uint64_t rows = 0;  ///< of the data set
};

/// @param paths  run folders (every selection in them) and selection files (`selection/<name>.h5`)
/// @throws core::UsageError for fewer than two selections, one that is named twice, or selections
/// of different data sets; core::ModelError for a damaged file.
[[nodiscard]] ComparedSelections open_selections(std::span<const std::filesystem::path> paths);

}  // namespace winnow::pipeline
