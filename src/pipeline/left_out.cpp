#include "pipeline/left_out.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "pipeline/method.hpp"
#include "pipeline/not_picked.hpp"
#include "pipeline/numbers.hpp"
#include "pipeline/pick_step.hpp"
#include "selection/iterit.hpp"
#include "store/index_file.hpp"

namespace winnow::pipeline {
namespace {

using Json = nlohmann::ordered_json;
using core::ScoreStatus;

Json undefined(const std::string& what, ScoreStatus status) {
  return {{"reason", "undefined"},
          {"status", core::name_of(status)},
          {"why", fmt::format("{} is undefined: {}", what, core::name_of(status))}};
}

/// A number that a formula names, in one row.
struct NamedNumber {
  std::string name;
  double value;
  ScoreStatus status;
};

/// What the formula asks of a row, in the order in which it looks; names that stand in its
/// aggregates only are none of the row's.
std::vector<NamedNumber> numbers_in(const FinishedRun& run, const StepView& view, core::RowId row) {
  const selection::ReadExpression& formula = view.formula->expression.formula();
  const NumberNames names(run.job(), view.step.scorer);
  std::vector<NamedNumber> found;
  for (const std::size_t asked : formula.program.name) {
    const std::string& name = formula.names[asked];
    if (std::ranges::find(found, name, &NamedNumber::name) != found.end()) continue;
    const Numbers number =
        read_numbers(run.folder(), names.find(view.step.place, name), {row, row + 1});
    found.push_back({name, number.value.front(), number.status.front()});
  }
  return found;
}

/// The first of the formula's names that is undefined in the row, or that the formula itself is.
Json undefined_name(const FinishedRun& run, const StepView& view, const std::string& text,
                    ScoreStatus status, core::RowId row) {
  for (const NamedNumber& number : numbers_in(run, view, row))
    if (number.status == status) return undefined(number.name, status);
  return undefined(status == ScoreStatus::bad_row ? "the row" : text, status);
}

/// The condition that does not hold, with what its names and aggregates are.
Json unmet_filter(const FinishedRun& run, const StepView& view, core::RowId row) {
  Json values = Json::object();
  std::string shown;
  const auto show = [&](const std::string& name, std::optional<double> value) {
    values[name] = value ? Json(*value) : Json();
    shown += fmt::format("{}{} = {}", shown.empty() ? "" : ", ", name,
                         value ? fmt::format("{:.6g}", *value) : "undefined");
  };
  for (const NamedNumber& number : numbers_in(run, view, row))
    show(number.name,
         number.status == ScoreStatus::ok ? std::optional(number.value) : std::nullopt);
  for (const selection::AggregateValue& aggregate : view.formula->answer.aggregates)
    show(aggregate.text, aggregate.value);
  return {{"reason", "condition"},
          {"condition", view.step.condition},
          {"values", values},
          {"why", fmt::format("`{}` does not hold: {}", view.step.condition, shown)}};
}

/// A row of the pool that the method could not pick.
Json not_eligible(const FinishedRun& run, const StepView& view, std::size_t place,
                  core::RowId row) {
  const std::string score = score_of(run.job(), view.step);
  if (view.formula && view.formula->answer.status[place] != ScoreStatus::ok)
    return undefined_name(run, view, score, view.formula->answer.status[place], row);
  const auto status_of = [&](const std::string& scorer, const char* name) {
    return status_in(run.folder(), scorer, name, {row}).front();
  };
  if (needs_embedding(view.step)) {
    const std::string scorer = embedding_scorer(run.job(), view.step);
    if (const ScoreStatus status = status_of(scorer, "embedding"); status != ScoreStatus::ok)
      return undefined("its embedding by " + scorer, status);
  }
  if (needs_tags(view.step)) {
    const std::string scorer = tag_scorer(run.job(), view.step);
    if (const ScoreStatus status = status_of(scorer, "n_tags"); status != ScoreStatus::ok)
      return undefined("its tags by " + scorer, status);
  }
  if (is_in_tokens(view.step)) {
    const StoredNumber tokens = token_count(token_scorer(run.job(), view.step.scorer));
    const Numbers counted = read_numbers(run.folder(), {&tokens, 1}, {row, row + 1});
    if (counted.status.front() != ScoreStatus::ok)
      return undefined("its tokens by " + tokens.scorer, counted.status.front());
  }
  const ScoreStatus status =
      store::IndexReader(run.folder().index()).read_status({row, row + 1}).front();
  if (status != ScoreStatus::ok || !view.formula) return undefined("the row", status);
  const double value = view.formula->answer.value[place];
  const std::string rounded =
      rounds_to_bf16(view.step)
          ? fmt::format(" ({:.6g} in bfloat16)", selection::round_to_bf16(value))
          : "";
  return {{"reason", "condition"},
          {"score", value},
          {"why", fmt::format("{} is {:.6g}{}, {} takes rows where it is {}", score, value, rounded,
                              view.step.method, condition_of(view.step))}};
}

}  // namespace

Json why_left_out(const FinishedRun& run, const FoundSelection& selection, const StepView& view,
                  std::size_t number, core::RowId row) {
  const auto place =
      static_cast<std::size_t>(std::ranges::lower_bound(view.pool, row) - view.pool.begin());
  Json reason;
  if (method_of(view.step).algorithm == Algorithm::filter)
    reason = view.formula->answer.status[place] != ScoreStatus::ok
                 ? undefined_name(run, view, view.step.condition,
                                  view.formula->answer.status[place], row)
                 : unmet_filter(run, view, row);
  else if (std::ranges::binary_search(view.candidates.row, row))
    reason = why_not_picked(run, selection, view, row);
  else
    reason = not_eligible(run, view, place, row);
  Json result{{"step", number + 1}, {"method", view.step.method}};
  result.update(reason);
  return result;
}

}  // namespace winnow::pipeline
