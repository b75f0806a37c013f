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

/// Collective. Runs the step's algorithm on its candidates.
///
/// @param dump_key  what tfidf.h5 will be made from; empty: no such file is asked of this step
/// @throws core::DataError if no row is eligible, or fewer than the budget asks for
[[nodiscard]] StepPicks pick(Context& context, const IndexedData& data, const SelectionStep& step,
                             const Candidates& candidates, const std::string& dump_key);

}  // namespace winnow::pipeline
