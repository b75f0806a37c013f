#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/score_status.hpp"
#include "pipeline/pool.hpp"

namespace winnow::pipeline {

/// The rows of this rank's pool that a step may pick, and the number it goes by.
struct Candidates {
  Pool row;
  std::vector<double> value;          ///< [row.size()]; nothing for methods without a number
  std::vector<std::uint32_t> tokens;  ///< [row.size()] only for a budget in tokens
  std::uint64_t eligible = 0;         ///< over all ranks
  std::uint64_t eligible_tokens = 0;  ///< over all ranks, for a budget in tokens
  /// Rows of all ranks' pools by the status of what the step goes by.
  std::array<std::uint64_t, core::kScoreStatusNames.size()> status_counts{};
  std::vector<selection::AggregateValue> aggregates;  ///< of the number that the step goes by
};

/// The expression of the number that a step goes by; empty: it goes by none.
[[nodiscard]] std::string score_of(const Job& job, const SelectionStep& step);

/// What a row's number must be for the step to pick it, in words; empty: any will do.
[[nodiscard]] std::string condition_of(const SelectionStep& step);

/// The scorer whose token counts price a row: the step's own, else the job's only one that counts
/// tokens; empty if there is none.
[[nodiscard]] std::string token_scorer(const Job& job, const std::string& preferred);

/// The scorer whose embeddings, or tags, a step uses: the one that it names, else the job's only
/// one that has them. @throws core::UsageError if that leaves none or several
[[nodiscard]] std::string embedding_scorer(const Job& job, const SelectionStep& step);
[[nodiscard]] std::string tag_scorer(const Job& job, const SelectionStep& step);

/// Whether a step compares embeddings, or tags.
[[nodiscard]] bool needs_embedding(const SelectionStep& step);
[[nodiscard]] bool needs_tags(const SelectionStep& step);

/// Collective. Reads what the step needs from index.h5 and scores.h5.
[[nodiscard]] Candidates find_candidates(const Context& context, const SelectionStep& step,
                                         const Pool& pool, bool in_tokens);

}  // namespace winnow::pipeline
