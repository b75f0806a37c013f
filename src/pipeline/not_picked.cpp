#include "pipeline/not_picked.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "pipeline/ifd_share.hpp"
#include "pipeline/method.hpp"
#include "pipeline/next_rows.hpp"
#include "pipeline/not_covered.hpp"
#include "pipeline/pick_step.hpp"
#include "pipeline/row_shingles.hpp"
#include "selection/budget.hpp"
#include "selection/near_duplicates.hpp"
#include "selection/similarity.hpp"

namespace winnow::pipeline {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kOfEqualNumbers = "of equal numbers the place in the file decides";

/// The last row that the step picked, as far as that is known.
struct LastPick {
  core::RowId row;
  std::optional<double> score, gain;
};

bool is_last(const FoundSelection& selection, const StepView& view) {
  return &view.step == &selection.job.steps.back();
}

/// Of the selection's last step its file tells; of another one the order of its numbers, where that
/// is the order of its picks.
std::optional<LastPick> last_pick(const FoundSelection& selection, const StepView& view) {
  if (view.kept.empty()) return std::nullopt;
  if (is_last(selection, view)) {
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

/// What the step kept of the rows that it looks at before this one, ascending.
Pool kept_before(const StepView& view, core::RowId row) {
  const Pool& candidates = view.candidates.row;
  const auto own = position_of(view, place_in(candidates, row));
  Pool before;
  for (const core::RowId kept : view.kept)
    if (position_of(view, place_in(candidates, kept)) < own) before.push_back(kept);
  return before;
}

/// `similar to row 5 (pick 2) at 0.93 > 0.9`, with the pick as far as it is known.
Json too_alike(const FoundSelection& selection, const StepView& view, core::RowId kept, Json reason,
               const char* likeness, const std::string& measure) {
  reason["to"] = kept;
  std::string pick;
  if (is_last(selection, view)) {
    const auto& picks = selection.file.row;
    reason["to_pick"] = std::ranges::find(picks, kept) - picks.begin() + 1;
    pick = fmt::format(" (pick {})", reason["to_pick"].get<std::size_t>());
  }
  reason["why"] = fmt::format("{} row {}{} at {}", likeness, kept, pick, measure);
  return reason;
}

/// The most similar of the picks that come before a row, if it is too similar.
std::optional<Json> similar_pick(const FinishedRun& run, const FoundSelection& selection,
                                 const StepView& view, core::RowId row) {
  const Pool before = kept_before(view, row);
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
  return too_alike(selection, view, before[*nearest], {{"reason", "similar"}, {"cosine", highest}},
                   "similar to",
                   fmt::format("{:.4f} > {}", highest, view.step.max_cosine_similarity));
}

/// The kept row for which the step dropped a row: found again among what it kept by then.
Json duplicate_of(const FinishedRun& run, const FoundSelection& selection, const StepView& view,
                  core::RowId row) {
  Pool rows = kept_before(view, row);
  rows.insert(std::ranges::upper_bound(rows, row), row);
  std::vector<double> values;
  if (!view.candidates.value.empty())
    for (const core::RowId each : rows) values.push_back(number_of(view, each).value());
  const RowShingles shingles = shingles_of(run.context(), run.data(), view.step, rows, values);
  const selection::NearDuplicate found =
      selection::near_duplicates(shingles.view(), near_duplicate_rule(view.step)).dropped.at(0);
  return too_alike(selection, view, found.kept,
                   {{"reason", "duplicate"}, {"jaccard", found.jaccard_similarity}}, "duplicate of",
                   fmt::format("Jaccard {:.4f} >= {}", found.jaccard_similarity,
                               view.step.min_jaccard_similarity));
}

/// What a budget in tokens has to do with it: its list ends at the first row that no longer fits.
Json with_tokens(const FinishedRun& run, const FoundSelection& selection, const StepView& view,
                 core::RowId row, Json reason) {
  const std::vector<std::uint32_t>& tokens = view.candidates.tokens;
  const auto tokens_of = [&](core::RowId each) {
    return tokens[place_in(view.candidates.row, each)];
  };
  std::uint64_t left = selection::parse_budget("budget", view.step.budget).amount;
  for (const core::RowId pick : is_last(selection, view) ? selection.file.row : view.kept)
    left -= tokens_of(pick);
  reason["tokens"] = tokens_of(row);
  reason["tokens_left"] = left;
  const std::string of_budget = fmt::format("{} of {} are left", left, view.step.budget);
  const Pool next = next_rows(run, view, 1);
  if (next == Pool{row})
    return {{"reason", "budget"},
            {"tokens", tokens_of(row)},
            {"tokens_left", left},
            {"why", fmt::format("next in order, but its {} tokens no longer fit: {}",
                                tokens_of(row), of_budget)}};
  reason["why"] = fmt::format(
      "{}; {}", reason.at("why").get<std::string>(),
      next.empty() ? fmt::format("{}, it has {}", of_budget, tokens_of(row))
                   : fmt::format("the list ends at row {}, whose {} tokens no longer fit: {}",
                                 next.front(), tokens_of(next.front()), of_budget));
  return reason;
}

/// superfiltering_d looks at the rows with the highest numbers only: the last of them where a row
/// comes after it.
std::optional<Json> outside_the_share(const FinishedRun& run, const StepView& view,
                                      core::RowId row) {
  const std::uint64_t share = rows_of_share(view.step, run.data().rows);
  if (share >= view.candidates.row.size()) return std::nullopt;
  const auto position = [&](std::size_t i) { return position_of(view, i); };
  std::vector<std::size_t> order(view.candidates.row.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(share - 1);
  std::ranges::nth_element(order, end, {}, position);
  if (position(place_in(view.candidates.row, row)) <= position(*end)) return std::nullopt;
  const core::RowId last = view.candidates.row[*end];
  const double lowest = number_of(view, last).value();
  const double score = number_of(view, row).value();
  return Json{{"reason", "outside_share"},
              {"score", score},
              {"last_of_share", {{"row", last}, {"score", lowest}}},
              {"why", fmt::format("{} {:.6g} is not among the {} highest ({}), whose last (row {}) "
                                  "has {:.6g}",
                                  score_of(run.job(), view.step), score, share, view.step.ifd_share,
                                  last, lowest)}};
}

Json outside_the_middle(const StepView& view, double score) {
  std::vector<double> picked;
  for (const core::RowId row : view.kept) picked.push_back(number_of(view, row).value());
  const auto [lowest, highest] = std::ranges::minmax(picked);
  return {
      {"reason", "beaten"},
      {"score", score},
      {"lowest_pick", lowest},
      {"highest_pick", highest},
      {"why",
       fmt::format(
           "score {:.6g}, the picks in the middle have {:.6g} to {:.6g}{}", score, lowest, highest,
           score == lowest || score == highest ? fmt::format("; {}", kOfEqualNumbers) : "")}};
}

/// How the picks of a greedy method came first, as far as the file tells it of this step.
std::string by_gains(const FoundSelection& selection, const StepView& view) {
  if (!is_last(selection, view) || !view.step.strata.field.empty())
    return "the picks came first by their gains, or by their scores where no row had one left";
  const auto filled_from =
      std::ranges::find(selection.file.attributes, "filled_from", &store::Attribute::name);
  if (filled_from == selection.file.attributes.end()) return "the picks came first by their gains";
  return fmt::format("from pick {} on no row had a gain left, the rest came by score",
                     std::get<std::uint64_t>(filled_from->value) + 1);
}

/// As the method has it.
Json not_picked(const FinishedRun& run, const FoundSelection& selection, const StepView& view,
                core::RowId row) {
  const std::optional<double> score = number_of(view, row);
  const std::optional<LastPick> last = last_pick(selection, view);
  std::string counts =
      fmt::format("{} of {} eligible rows", view.kept.size(), view.candidates.eligible);
  if (view.step.method == "superfiltering_d")
    counts = fmt::format("{} of the rows in ifd_share {}", view.kept.size(), view.step.ifd_share);
  switch (method_of(view.step).algorithm) {
    case Algorithm::near_duplicates:
      return duplicate_of(run, selection, view, row);
    case Algorithm::ranking:
    case Algorithm::threshold:
    case Algorithm::similarity_filter:
      if (view.step.take == "middle") return outside_the_middle(view, score.value());
      return with_last_pick({{"reason", "beaten"}},
                            last && score && last->score == score ? kOfEqualNumbers : "", score,
                            last);
    case Algorithm::tfidf_greedy:
    case Algorithm::bipartite_greedy:
      return with_last_pick({{"reason", "beaten"}}, by_gains(selection, view), score, last);
    case Algorithm::random:
      return {{"reason", "not_drawn"},
              {"why", fmt::format("not drawn: {} were (seed {})", counts, view.step.seed)}};
    case Algorithm::tag_cover:
      return why_not_covered(run, view, row);
    default:
      return {{"reason", "not_chosen"},
              {"why", fmt::format("{} chose {}, not this one", view.step.method, counts)}};
  }
}

/// Too alike an earlier pick, outside of what is looked at, or the method's own way.
Json first_reason(const FinishedRun& run, const FoundSelection& selection, const StepView& view,
                  core::RowId row) {
  if (keeps_dissimilar(view.step))
    if (auto similar = similar_pick(run, selection, view, row)) return *similar;
  if (view.step.method == "superfiltering_d")
    if (auto outside = outside_the_share(run, view, row)) return *outside;
  Json reason = not_picked(run, selection, view, row);
  if (view.candidates.tokens.empty()) return reason;
  return with_tokens(run, selection, view, row, std::move(reason));
}

}  // namespace

Json why_not_picked(const FinishedRun& run, const FoundSelection& selection, const StepView& view,
                    core::RowId row) {
  const auto stratum = std::ranges::find_if(
      view.strata, [&](const Stratum& each) { return is_in(each.candidates.row, row); });
  if (stratum == view.strata.end()) return first_reason(run, selection, view, row);
  const StepView part = view_stratum(view, *stratum);
  Json reason = part.kept.empty()
                    ? Json{{"reason", "no_share"},
                           {"why", fmt::format("its share of the {} picks is 0: {} of {} eligible "
                                               "rows",
                                               view.kept.size(), part.candidates.eligible,
                                               view.candidates.eligible)}}
                    : first_reason(run, selection, part, row);
  reason["stratum"] = stratum->name;
  reason["why"] = fmt::format("{} '{}': {}", view.step.strata.field, stratum->name,
                              reason.at("why").get<std::string>());
  return reason;
}

}  // namespace winnow::pipeline
