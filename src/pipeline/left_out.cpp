#include "pipeline/left_out.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "pipeline/method.hpp"
#include "pipeline/numbers.hpp"
#include "selection/similarity.hpp"
#include "store/index_file.hpp"

namespace winnow::pipeline {
namespace {

using Json = nlohmann::ordered_json;
using core::ScoreStatus;

/// The place of a row in an ascending list that has it.
std::size_t place_in(const Pool& rows, core::RowId row) {
  return static_cast<std::size_t>(std::ranges::lower_bound(rows, row) - rows.begin());
}

bool is_in(const Pool& rows, core::RowId row) { return std::ranges::binary_search(rows, row); }

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

std::vector<NamedNumber> numbers_in(const FinishedRun& run, const StepView& view, core::RowId row) {
  const NumberNames names(run.job(), view.step.scorer);
  std::vector<NamedNumber> found;
  for (const std::string& name : view.formula->expression.names()) {
    const Numbers number =
        read_numbers(run.folder(), names.find(view.step.place, name), {row, row + 1});
    found.push_back({name, number.value.front(), number.status.front()});
  }
  return found;
}

/// Which of the formula's names is undefined in a row, or that the formula itself is.
Json undefined_name(const FinishedRun& run, const StepView& view, const std::string& text,
                    ScoreStatus status, core::RowId row) {
  for (const NamedNumber& number : numbers_in(run, view, row))
    if (number.status == status) return undefined(number.name, status);
  return undefined(text, status);
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
  const ScoreStatus status =
      store::IndexReader(run.folder().index()).read_status({row, row + 1}).front();
  if (status != ScoreStatus::ok || !view.formula) return undefined("the row", status);
  const double value = view.formula->answer.value[place];
  return {{"reason", "condition"},
          {"score", value},
          {"why", fmt::format("{} is {:.6g}, {} takes rows where it is {}", score, value,
                              view.step.method, condition_of(view.step))}};
}

/// The last row that the step picked, as far as that is known.
struct LastPick {
  core::RowId row;
  std::optional<double> score, gain;
};

std::optional<double> number_of(const StepView& view, core::RowId row) {
  if (view.candidates.value.empty() || !is_in(view.candidates.row, row)) return std::nullopt;
  return view.candidates.value[place_in(view.candidates.row, row)];
}

/// Of the selection's last step its file tells; of another one the order of its numbers, where that
/// is the order of its picks.
std::optional<LastPick> last_pick(const FoundSelection& selection, const StepView& view) {
  if (view.kept.empty()) return std::nullopt;
  if (&view.step == &selection.job.steps.back()) {
    const auto& picks = selection.file.row;
    std::size_t place = picks.size() - 1;
    while (!is_in(view.kept, picks[place])) --place;  // Of another stratum.
    LastPick last{picks[place], number_of(view, picks[place]), std::nullopt};
    if (const auto& gain = selection.file.gain; gain && std::isfinite((*gain)[place]))
      last.gain = (*gain)[place];
    return last;
  }
  if (!is_ordered_by_number(view)) return std::nullopt;
  const core::RowId row = std::ranges::max(view.kept, {}, [&](core::RowId kept) {
    return position_of(view, place_in(view.candidates.row, kept));
  });
  return LastPick{row, number_of(view, row), std::nullopt};
}

Json json_of(const LastPick& last) {
  Json json{{"row", last.row}};
  if (last.score) json["score"] = *last.score;
  if (last.gain) json["gain"] = *last.gain;
  return json;
}

/// `score 0.812, the last pick (row 17) has 0.934`, as far as there are numbers.
Json with_last_pick(Json reason, std::string why, const std::optional<double>& score,
                    const std::optional<LastPick>& last) {
  if (score) {
    reason["score"] = *score;
    why += fmt::format("{}score {:.6g}", why.empty() ? "" : "; ", *score);
  }
  if (last) {
    reason["last_pick"] = json_of(*last);
    std::string has;
    if (last->score) has = fmt::format("{:.6g}", *last->score);
    if (last->gain)
      has += fmt::format("{}a gain of {:.6g}", has.empty() ? "" : " and ", *last->gain);
    if (!has.empty())
      why +=
          fmt::format("{}the last pick (row {}) has {}", why.empty() ? "" : ", ", last->row, has);
  }
  reason["why"] = std::move(why);
  return reason;
}

/// Goes through the rows by their numbers and keeps each that is not too similar to a kept one.
bool keeps_dissimilar(const SelectionStep& step) {
  return method_of(step).algorithm == Algorithm::similarity_filter ||
         (step.method == "deduplicate" && step.by == "embedding");
}

/// The most similar of the picks that come before a row, if it is too similar.
std::optional<Json> similar_pick(const FinishedRun& run, const FoundSelection& selection,
                                 const StepView& view, core::RowId row) {
  const Pool& candidates = view.candidates.row;
  const auto own = position_of(view, place_in(candidates, row));
  Pool before;
  for (const core::RowId kept : view.kept)
    if (position_of(view, place_in(candidates, kept)) < own) before.push_back(kept);
  const std::string scorer = embedding_scorer(run.job(), view.step);
  const RowVectors one = read_vectors(run.folder(), scorer, {row});
  const RowVectors others = read_vectors(run.folder(), scorer, before);
  const selection::Vectors vectors{others.values, others.dimension};
  std::optional<std::size_t> nearest;
  double highest = view.step.max_cosine_similarity;
  for (std::size_t i = 0; i < before.size(); ++i)
    if (const double cosine = selection::cosine_similarity(vectors[i], one.values);
        cosine > highest) {
      nearest = i;
      highest = cosine;
    }
  if (!nearest) return std::nullopt;
  Json similar{{"reason", "similar"}, {"to", before[*nearest]}};
  std::string pick;
  if (&view.step == &selection.job.steps.back()) {
    const auto& picks = selection.file.row;
    similar["to_pick"] = std::ranges::find(picks, before[*nearest]) - picks.begin() + 1;
    pick = fmt::format(" (pick {})", similar["to_pick"].get<std::size_t>());
  }
  similar["cosine"] = highest;
  similar["why"] = fmt::format("similar to row {}{} at {:.4f} > {}", before[*nearest], pick,
                               highest, view.step.max_cosine_similarity);
  return similar;
}

/// A budget in tokens ends the picks at the first row that no longer fits.
bool is_next(const StepView& view, core::RowId row) {
  const Pool& candidates = view.candidates.row;
  const auto own = position_of(view, place_in(candidates, row));
  return std::ranges::none_of(candidates, [&](core::RowId other) {
    return !is_in(view.kept, other) && position_of(view, place_in(candidates, other)) < own;
  });
}

Json too_long(const StepView& view, core::RowId row) {
  const std::uint32_t tokens = view.candidates.tokens[place_in(view.candidates.row, row)];
  return {
      {"reason", "budget"},
      {"tokens", tokens},
      {"why", fmt::format("next in order, but its {} tokens no longer fit into the budget of {}",
                          tokens, view.step.budget)}};
}

Json outside_the_middle(const StepView& view, double score) {
  std::vector<double> picked;
  for (const core::RowId row : view.kept) picked.push_back(number_of(view, row).value());
  const auto [lowest, highest] = std::ranges::minmax(picked);
  return {{"reason", "beaten"},
          {"score", score},
          {"lowest_pick", lowest},
          {"highest_pick", highest},
          {"why", fmt::format("score {:.6g}, the picks in the middle have {:.6g} to {:.6g}", score,
                              lowest, highest)}};
}

/// Of a candidate that was not picked.
Json not_picked(const FinishedRun& run, const FoundSelection& selection, const StepView& view,
                core::RowId row) {
  const std::optional<double> score = number_of(view, row);
  const std::optional<LastPick> last = last_pick(selection, view);
  const std::string counts =
      fmt::format("{} of {} eligible rows", view.kept.size(), view.candidates.eligible);
  if (keeps_dissimilar(view.step))
    if (auto similar = similar_pick(run, selection, view, row)) return *similar;
  if (is_ordered_by_number(view) && !view.candidates.tokens.empty() && is_next(view, row))
    return too_long(view, row);
  switch (method_of(view.step).algorithm) {
    case Algorithm::ranking:
    case Algorithm::threshold:
    case Algorithm::similarity_filter:
      if (view.step.take == "middle") return outside_the_middle(view, score.value());
      return with_last_pick({{"reason", "beaten"}},
                            last && score && last->score == score
                                ? "of equal numbers the place in the file decides"
                                : "",
                            score, last);
    case Algorithm::tfidf_greedy:
    case Algorithm::bipartite_greedy:
      return with_last_pick({{"reason", "beaten"}}, "the picks came first by their gains", score,
                            last);
    case Algorithm::random:
      return {{"reason", "not_drawn"},
              {"why", fmt::format("not drawn: {} were (seed {})", counts, view.step.seed)}};
    default:
      return with_last_pick({{"reason", "not_chosen"}},
                            fmt::format("{} chose {}, not this one", view.step.method, counts),
                            score, last);
  }
}

/// Rows of one stratum are picked among themselves.
Json not_picked_in_stratum(const FinishedRun& run, const FoundSelection& selection,
                           const StepView& view, core::RowId row) {
  for (const Stratum& stratum : view.strata) {
    if (!is_in(stratum.candidates.row, row)) continue;
    StepView part{view.step, view.pool, {}, std::nullopt, stratum.candidates, {}};
    std::ranges::copy_if(view.kept, std::back_inserter(part.kept),
                         [&](core::RowId kept) { return is_in(stratum.candidates.row, kept); });
    Json reason = not_picked(run, selection, part, row);
    reason["stratum"] = stratum.name;
    reason["why"] = fmt::format("{} '{}': {}", view.step.strata.field, stratum.name,
                                reason.at("why").get<std::string>());
    return reason;
  }
  return not_picked(run, selection, view, row);
}

}  // namespace

Json why_left_out(const FinishedRun& run, const FoundSelection& selection, const StepView& view,
                  std::size_t number, core::RowId row) {
  const std::size_t place = place_in(view.pool, row);
  Json reason;
  if (method_of(view.step).algorithm == Algorithm::filter)
    reason = view.formula->answer.status[place] != ScoreStatus::ok
                 ? undefined_name(run, view, view.step.condition,
                                  view.formula->answer.status[place], row)
                 : unmet_filter(run, view, row);
  else if (is_in(view.candidates.row, row))
    reason = not_picked_in_stratum(run, selection, view, row);
  else
    reason = not_eligible(run, view, place, row);
  Json result{{"step", number + 1}, {"method", view.step.method}};
  result.update(reason);
  return result;
}

}  // namespace winnow::pipeline
