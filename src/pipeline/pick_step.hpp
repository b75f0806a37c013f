#pragma once

#include <string>

#include "pipeline/candidates.hpp"
#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"
#include "selection/selection.hpp"
#include "store/attributes.hpp"

namespace winnow::pipeline {

/// What a step picked, and what else is to be told of it.
struct StepPicks {
  selection::Selection picks;  ///< whole on every rank
  store::Attributes more;      ///< tfidf_rows, ...
};

/// What IterIT's TF-IDF sees after every answer; empty for other methods.
[[nodiscard]] std::string text_after_answers(const Job& job, const SelectionStep& step);

/// True for a budget that counts tokens.
[[nodiscard]] bool is_in_tokens(const SelectionStep& step);

/// Rows or tokens that the step's budget comes to; all that is eligible where it has none.
/// @throws core::DataError if no row is eligible, or fewer than the budget asks for
[[nodiscard]] std::uint64_t amount_of(const Job& job, const IndexedData& data,
                                      const SelectionStep& step, const Candidates& candidates);

/// Collective. Runs the step's algorithm on its candidates (within_ifd_share's where it has one).
///
/// @param amount  what may be spent: `amount_of`, or a stratum's share of it
/// @param spare_bytes  what `check_memory` leaves: more similarities stay in memory, nothing else
/// changes
/// @param dump_key  what tfidf.h5 will be made from; empty: no such file is asked of this step
[[nodiscard]] StepPicks pick(Context& context, const IndexedData& data, const SelectionStep& step,
                             const Candidates& candidates, std::uint64_t amount,
                             std::uint64_t spare_bytes, const std::string& dump_key);

}  // namespace winnow::pipeline
