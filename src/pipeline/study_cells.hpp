#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/job.hpp"

namespace winnow::pipeline {

/// The budget of a selection whose last step has none.
inline constexpr const char* kNoBudget = "all";

/// What a study trains and evaluates once.
struct StudyCell {
  std::string selection;  ///< as the job names it
  std::string budget;     ///< as written, or kNoBudget
  std::uint64_t seed = 0;
  std::filesystem::path folder;  ///< in the study's: `random/5pct/1`
  SelectionJob rows;             ///< the job's selection with this budget and seed
};

/// A budget as it can name a folder: `5pct`, `2Mtokens`.
[[nodiscard]] std::string budget_name(const std::string& budget);

/// The cells of the job's study in the order in which they are done: by seed, budget, selection, so
/// that the first lines of the table hold all selections. A selection without a budget stands once
/// for each seed. Steps that draw rows do so by the cell's seed.
[[nodiscard]] std::vector<StudyCell> cells_of(const Job& job);

/// The job that trains a cell and evaluates what that leaves.
/// @param folder  of the cell
[[nodiscard]] Job job_of(const Job& job, const StudyCell& cell,
                         const std::filesystem::path& folder);

}  // namespace winnow::pipeline
