#include <algorithm>
#include <functional>
#include <iterator>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/explain.hpp"
#include "pipeline/method.hpp"
#include "pipeline/next_rows.hpp"
#include "pipeline/step_view.hpp"
#include "selection/ranking.hpp"

namespace winnow::pipeline {
namespace {

using Json = nlohmann::ordered_json;

/// Of the random draw from rows that were not picked.
constexpr std::uint64_t kSeed = 0;

/// The step that made the order of the picks: the last one that is no filter, or the last filter.
std::size_t deciding_step(const SelectionJob& job) {
  for (std::size_t number = job.steps.size(); number-- > 0;)
    if (method_of(job.steps[number]).algorithm != Algorithm::filter) return number;
  return job.steps.size() - 1;
}

/// The rows that the step could have kept and did not, in the order of its numbers, or of the file.
Pool rejected_by(const StepView& view) {
  Pool rejected;
  if (method_of(view.step).algorithm == Algorithm::filter) {
    std::ranges::set_difference(view.pool, view.kept, std::back_inserter(rejected));
    return rejected;
  }
  std::ranges::set_difference(view.candidates.row, view.kept, std::back_inserter(rejected));
  std::ranges::sort(rejected, {}, [&](core::RowId row) {
    return position_of(view, place_in(view.candidates.row, row));
  });
  return rejected;
}

/// What is shown of one order of picks: all rows, or those of a stratum.
struct Sample {
  std::vector<std::size_t> top, last;  ///< places in the selection file
  Pool above, below;                   ///< beside the picks; nothing above but of a middle
  Pool bottom;
};

/// The rows just above and just below a middle.
void add_beside_middle(const StepView& view, const Pool& rejected, std::size_t most,
                       Sample& sample) {
  const auto position = [&](core::RowId row) {
    return position_of(view, place_in(view.candidates.row, row));
  };
  const auto first = std::ranges::min(view.kept, {}, position);
  const auto cut = std::ranges::lower_bound(rejected, position(first), {}, position);
  const auto above = std::min(most, static_cast<std::size_t>(cut - rejected.begin()));
  const auto below = std::min(most, static_cast<std::size_t>(rejected.end() - cut));
  sample.above.assign(cut - static_cast<std::ptrdiff_t>(above), cut);
  sample.below.assign(cut, cut + static_cast<std::ptrdiff_t>(below));
}

/// The last of `rejected`, of a middle the first too, or a random draw where they have no numbers.
Pool bottom_of(const StepView& view, const Pool& rejected, std::size_t most) {
  const std::size_t count = std::min(most, rejected.size());
  if (view.candidates.value.empty())
    return selection::random_subset(rejected, kSeed, {}, count).row;
  const std::size_t first = view.step.take == "middle" ? count / 2 : 0;
  Pool bottom(rejected.begin(), rejected.begin() + static_cast<std::ptrdiff_t>(first));
  bottom.insert(bottom.end(), rejected.end() - static_cast<std::ptrdiff_t>(count - first),
                rejected.end());
  return bottom;
}

/// @param picks  places in the selection file
Sample sample_of(const FinishedRun& run, const StepView& view,
                 const std::vector<std::size_t>& picks, std::uint64_t rows) {
  Sample sample;
  const std::size_t top = std::min<std::size_t>((rows + 2) / 3, picks.size());
  sample.top.assign(picks.begin(), picks.begin() + static_cast<std::ptrdiff_t>(top));
  Pool rejected = rejected_by(view);
  const std::size_t cut = (rows + 1) / 3;
  if (view.step.take == "middle" && !view.kept.empty())
    add_beside_middle(view, rejected, cut / 3, sample);
  else if (method_of(view.step).algorithm != Algorithm::filter)
    sample.below = next_rows(run, view, cut / 2);
  const std::size_t shown = sample.above.size() + sample.below.size();
  const std::size_t last = std::min(picks.size() - top, cut - shown);
  sample.last.assign(picks.end() - static_cast<std::ptrdiff_t>(last), picks.end());
  std::erase_if(rejected, [&](core::RowId row) {
    return std::ranges::find(sample.above, row) != sample.above.end() ||
           std::ranges::find(sample.below, row) != sample.below.end();
  });
  sample.bottom = bottom_of(view, rejected, rows / 3);
  return sample;
}

/// Appends a sample's rows to the blocks of its selection.
void tell(const FinishedRun& run, const store::Selection& file, const StepView& view,
          const Sample& sample, const std::optional<std::string>& stratum, Json& told) {
  const auto add = [&](const char* block, Json json, core::RowId row) {
    if (stratum) json["stratum"] = *stratum;
    json.update(describe_row(run, row));
    told[block].push_back(std::move(json));
  };
  const auto add_pick = [&](const char* block, std::size_t pick) {
    add(block, describe_pick(file, pick), file.row[pick]);
  };
  const auto add_rejected = [&](const char* block, core::RowId row) {
    Json json{{"pick", nullptr}};
    if (const auto score = number_of(view, row)) json["score"] = *score;
    add(block, std::move(json), row);
  };
  for (const std::size_t pick : sample.top) add_pick("top", pick);
  for (const core::RowId row : sample.above) add_rejected("cut", row);
  for (const std::size_t pick : sample.last) add_pick("cut", pick);
  for (const core::RowId row : sample.below) add_rejected("cut", row);
  for (const core::RowId row : sample.bottom) add_rejected("bottom", row);
}

/// The strata with the most picks, as many as may have a row in each block.
std::vector<std::size_t> shown_strata(const StepView& view, std::uint64_t rows) {
  std::vector<std::size_t> shown(view.strata.size()), picks;
  std::iota(shown.begin(), shown.end(), std::size_t{0});
  for (const Stratum& stratum : view.strata)
    picks.push_back(view_stratum(view, stratum).kept.size());
  std::ranges::stable_sort(shown, std::ranges::greater(), [&](std::size_t i) { return picks[i]; });
  shown.resize(std::min<std::size_t>(shown.size(), std::max<std::uint64_t>(rows / 3, 1)));
  return shown;
}

void tell_strata(const FinishedRun& run, const store::Selection& file, const StepView& view,
                 std::uint64_t rows, Json& told) {
  const std::vector<std::size_t> shown = shown_strata(view, rows);
  told["strata"] = {
      {"field", view.step.strata.field}, {"shown", shown.size()}, {"all", view.strata.size()}};
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const Stratum& stratum = view.strata[shown[i]];
    const StepView part = view_stratum(view, stratum);
    std::vector<std::size_t> picks;
    for (std::size_t pick = 0; pick < file.row.size(); ++pick)
      if (is_in(part.kept, file.row[pick])) picks.push_back(pick);
    const std::uint64_t share = rows / shown.size() + (i < rows % shown.size() ? 1 : 0);
    tell(run, file, part, sample_of(run, part, picks, share), stratum.name, told);
  }
}

Json told_of(const FinishedRun& run, const FoundSelection& selection, std::uint64_t rows) {
  const StepView view = view_step(run, selection, deciding_step(selection.job));
  const bool is_middle = view.step.take == "middle";
  Json told{{"top", Json::array()},
            {"cut", Json::array()},
            {"bottom", Json::array()},
            {"cut_by", is_middle ? "both_sides" : "next"},
            {"bottom_by", view.candidates.value.empty() ? "chance"
                          : is_middle                   ? "both_ends"
                                                        : "number"}};
  if (!view.strata.empty()) {
    tell_strata(run, selection.file, view, rows, told);
    return told;
  }
  std::vector<std::size_t> picks(selection.file.row.size());
  std::iota(picks.begin(), picks.end(), std::size_t{0});
  tell(run, selection.file, view, sample_of(run, view, picks, rows), std::nullopt, told);
  return told;
}

}  // namespace

Json sample_rows(const FinishedRun& run, std::uint64_t rows) {
  Json result{{"run", run.folder().path().string()},
              {"rows", run.data().rows},
              {"selections", Json::object()}};
  for (const SelectionJob& job : run.job().selections) {
    const FoundSelection selection = find_selection(run, job);
    Json& told = result["selections"][job.name] = describe_selection(selection);
    if (selection.state == FoundSelection::State::current)
      told.update(told_of(run, selection, rows));
  }
  return result;
}

}  // namespace winnow::pipeline
