#include "pipeline/step_view.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "pipeline/ifd_share.hpp"
#include "pipeline/method.hpp"
#include "pipeline/pick_step.hpp"
#include "pipeline/selection_chain.hpp"

namespace winnow::pipeline {
namespace {

Formula formula_of(const FinishedRun& run, const StepView& view, const char* key,
                   const std::string& text, selection::ExpressionKind kind) {
  const std::string place = view.step.place + key;
  return {selection::Expression(place, text, kind, NumberNames(run.job(), view.step.scorer).all()),
          evaluate(run.context(), place, text, kind, view.step.scorer, view.pool)};
}

}  // namespace

StepView view_step(const FinishedRun& run, const FoundSelection& selection, std::size_t number) {
  StepView view{selection.job.steps[number], {}, {}, std::nullopt, {}, {}};
  for (core::RowId row = 0; row < selection.left_out_by.size(); ++row) {
    if (selection.left_out_by[row] >= number) view.pool.push_back(row);
    if (selection.left_out_by[row] > number) view.kept.push_back(row);
  }
  if (method_of(view.step).algorithm == Algorithm::filter) {
    view.formula =
        formula_of(run, view, ".filter", view.step.condition, selection::ExpressionKind::condition);
    return view;
  }
  if (const std::string score = score_of(run.job(), view.step); !score.empty())
    view.formula = formula_of(run, view, ".score", score, selection::ExpressionKind::number);
  view.candidates = find_candidates(run.context(), view.step, view.pool, is_in_tokens(view.step));
  if (!view.step.strata.field.empty())
    view.strata = split_by_field(
        run.context(), run.data(), view.step,
        takes(method_of(view.step), "ifd_share")
            ? within_ifd_share(run.context(), run.data(), view.step, view.candidates, 0)
            : view.candidates);
  return view;
}

StepView view_stratum(const StepView& view, const Stratum& stratum) {
  StepView part{view.step, stratum.candidates.row, {}, std::nullopt, stratum.candidates, {}};
  std::ranges::copy_if(view.kept, std::back_inserter(part.kept),
                       [&](core::RowId kept) { return is_in(stratum.candidates.row, kept); });
  return part;
}

bool is_in(const Pool& rows, core::RowId row) { return std::ranges::binary_search(rows, row); }

std::size_t place_in(const Pool& rows, core::RowId row) {
  return static_cast<std::size_t>(std::ranges::lower_bound(rows, row) - rows.begin());
}

std::optional<double> number_of(const StepView& view, core::RowId row) {
  if (view.candidates.value.empty() || !is_in(view.candidates.row, row)) return std::nullopt;
  return view.candidates.value[place_in(view.candidates.row, row)];
}

bool is_ordered_by_number(const StepView& view) {
  const Algorithm algorithm = method_of(view.step).algorithm;
  return !view.candidates.value.empty() &&
         (algorithm == Algorithm::ranking || algorithm == Algorithm::threshold ||
          algorithm == Algorithm::similarity_filter);
}

selection::Position position_of(const StepView& view, std::size_t i) {
  const core::RowId row = view.candidates.row[i];
  if (view.candidates.value.empty()) return {0, row};
  const auto direction = view.step.take == "bottom" ? selection::Direction::ascending
                                                    : selection::Direction::descending;
  return {selection::order_key(view.candidates.value[i], direction),
          prefers_last_rows(view.step) ? ~row : row};
}

}  // namespace winnow::pipeline
