#include "pipeline/not_covered.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "selection/ranking.hpp"
#include "selection/tag_cover.hpp"
#include "store/score_file.hpp"

namespace winnow::pipeline {
namespace {

using Json = nlohmann::ordered_json;
using TagPicks = std::map<std::uint32_t, core::RowId>;

/// The last round of a cover: which of its picks had each tag first.
struct LastRound {
  std::size_t number = 0;  ///< from 1
  std::size_t begin = 0;   ///< its first pick
  TagPicks first_with_tag;
};

std::span<const std::uint32_t> tags_of(const RowTags& tags, std::size_t place) {
  return std::span(tags.tag).subspan(tags.offset[place],
                                     tags.offset[place + 1] - tags.offset[place]);
}

/// @param picks  that had a new tag; one that has none in its round begins the next round
LastRound last_round(const StepView& view, const RowTags& tags,
                     std::span<const core::RowId> picks) {
  LastRound round;
  for (std::size_t pick = 0; pick < picks.size(); ++pick) {
    const auto own = tags_of(tags, place_in(view.candidates.row, picks[pick]));
    const bool has_new = std::ranges::any_of(
        own, [&](std::uint32_t tag) { return !round.first_with_tag.contains(tag); });
    if (pick == 0 || !has_new) round = {round.number + 1, pick, {}};
    for (const std::uint32_t tag : own) round.first_with_tag.emplace(tag, picks[pick]);
  }
  return round;
}

selection::Selection cover_of(const StepView& view, const RowTags& tags, std::size_t rows) {
  const std::vector<std::uint64_t> keys =
      selection::ranking_keys(view.candidates.value, selection::Direction::descending);
  return selection::tag_cover(
      {view.candidates.row, keys, {}, tags.offset, tags.tag},
      view.step.global_tags ? selection::TagRounds::one : selection::TagRounds::restart, rows);
}

/// `code (row 5), law (in none)`.
std::string listed(const Json& tags) {
  std::string text;
  for (const auto& [name, tag] : tags.items())
    text += fmt::format(
        "{}{} ({})", text.empty() ? "" : ", ", name,
        tag.is_null() ? std::string("in none") : fmt::format("row {}", tag.get<core::RowId>()));
  return text.empty() ? "it has none" : text;
}

}  // namespace

selection::Selection cover_again(const FinishedRun& run, const StepView& view, std::size_t rows) {
  return cover_of(
      view, read_tags(run.folder(), tag_scorer(run.job(), view.step), view.candidates.row), rows);
}

Json why_not_covered(const FinishedRun& run, const StepView& view, core::RowId row) {
  const Candidates& candidates = view.candidates;
  const std::string scorer = tag_scorer(run.job(), view.step);
  const RowTags tags = read_tags(run.folder(), scorer, candidates.row);
  const selection::Selection cover = cover_of(view, tags, view.kept.size());
  const std::size_t covering = cover.filled_from.value_or(cover.row.size());
  const LastRound round = last_round(view, tags, std::span(cover.row).first(covering));

  const std::vector<std::string> names =
      store::ScoreFileReader(run.folder().scores()).tag_names(scorer);
  const auto position = [&](core::RowId each) {
    return position_of(view, place_in(candidates.row, each));
  };
  Json found = Json::object();
  bool has_new = false;
  for (const std::uint32_t tag : tags_of(tags, place_in(candidates.row, row))) {
    const auto pick = round.first_with_tag.find(tag);
    const bool is_covered = pick != round.first_with_tag.end();
    found[names.at(tag)] = is_covered ? Json(pick->second) : Json();
    has_new = has_new || !is_covered;
  }
  const core::RowId last = cover.row.back();
  const std::string number = score_of(run.job(), view.step);
  const double score = number_of(view, row).value();
  Json reason{{"reason", "covered"},
              {"number", number},
              {"score", score},
              {"round", round.number},
              {"tags", found}};
  const std::string of_round =
      view.step.global_tags ? "" : fmt::format(" of round {}", round.number);
  std::string why = fmt::format("its tags in the picks{}: {}", of_round, listed(found));
  if (position(last) < position(row)) {
    reason["reason"] = "beaten";
    reason["last_pick"] = {{"row", last}, {"score", number_of(view, last).value()}};
    why = fmt::format(
        "rows come by {}, of equal ones the first: it has {:.6g}, the last pick (row {}) {:.6g}; "
        "{}",
        number, score, last, number_of(view, last).value(), why);
  } else {
    core::check(!has_new, "a tag cover passes over rows without a new tag only");
  }
  reason["why"] = why;
  return reason;
}

}  // namespace winnow::pipeline
