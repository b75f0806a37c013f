#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/partition.hpp"
#include "core/score_status.hpp"
#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"

namespace winnow::pipeline {

/// The rows of this rank that a method may pick, and the number it goes by.
struct Candidates {
  std::vector<core::RowId> row;       ///< ascending
  std::vector<double> value;          ///< [row.size()]; nothing for methods without a number
  std::vector<std::uint32_t> tokens;  ///< [row.size()] only for a budget in tokens
  std::uint64_t eligible = 0;         ///< over all ranks
  std::uint64_t eligible_tokens = 0;  ///< over all ranks, for a budget in tokens
  /// Rows of all ranks by the status of what the method goes by.
  std::array<std::uint64_t, core::kScoreStatusNames.size()> status_counts{};
};

/// Methods over the rows with ifd_ppl < 1.
[[nodiscard]] bool goes_by_ifd(const std::string& method);

/// Collective. Reads what the method needs from index.h5 and scores.h5.
[[nodiscard]] Candidates find_candidates(const Context& context, const IndexedData& data,
                                         const SelectionJob& selection, bool in_tokens);

/// The scorer whose token counts price a row: the selection's own, else the job's only one that
/// counts tokens; empty if there is none.
[[nodiscard]] std::string token_scorer(const Job& job, const SelectionJob& selection);

}  // namespace winnow::pipeline
