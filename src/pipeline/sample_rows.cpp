#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/explain.hpp"
#include "pipeline/method.hpp"
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

/// A row that the deciding step did not keep.
struct Rejected {
  selection::Position position;
  std::optional<double> score;
};

/// The rows that the step could have kept, in the order of its numbers, or of the file.
std::vector<Rejected> rejected_by(const StepView& view) {
  std::vector<Rejected> rejected;
  const auto is_kept = [&](core::RowId row) { return std::ranges::binary_search(view.kept, row); };
  if (method_of(view.step).algorithm == Algorithm::filter)
    for (const core::RowId row : view.pool)
      if (!is_kept(row)) rejected.push_back({{0, row}, std::nullopt});
  const Candidates& candidates = view.candidates;
  for (std::size_t i = 0; i < candidates.row.size(); ++i) {
    if (is_kept(candidates.row[i])) continue;
    rejected.push_back({position_of(view, i), std::nullopt});
    if (!candidates.value.empty()) rejected.back().score = candidates.value[i];
  }
  std::ranges::sort(rejected, {}, &Rejected::position);
  return rejected;
}

Json json_of(const FinishedRun& run, const Rejected& rejected) {
  Json json{{"pick", nullptr}};
  if (rejected.score) json["score"] = *rejected.score;
  json.update(describe_row(run, rejected.position.row));
  return json;
}

/// Behind the last pick in the order of the numbers; nothing where there is no one such order.
std::vector<Rejected> just_not_picked(const StepView& view, const std::vector<Rejected>& rejected,
                                      std::size_t most) {
  if (!is_ordered_by_number(view) || !view.strata.empty()) return {};
  selection::Position last;
  for (std::size_t i = 0; i < view.candidates.row.size(); ++i)
    if (std::ranges::binary_search(view.kept, view.candidates.row[i]))
      last = std::max(last, position_of(view, i));
  auto first = std::ranges::upper_bound(rejected, last, {}, &Rejected::position);
  const auto count = std::min(most, static_cast<std::size_t>(rejected.end() - first));
  return {first, first + static_cast<std::ptrdiff_t>(count)};
}

/// The last of `rejected`, or a random draw where they have no numbers.
std::vector<Rejected> bottom_of(const std::vector<Rejected>& rejected, std::size_t most) {
  const std::size_t count = std::min(most, rejected.size());
  std::vector<Rejected> bottom;
  if (rejected.empty() || rejected.front().score) {
    bottom.assign(rejected.end() - static_cast<std::ptrdiff_t>(count), rejected.end());
    return bottom;
  }
  std::vector<core::RowId> rows;
  for (const Rejected& one : rejected) rows.push_back(one.position.row);
  for (const core::RowId row : selection::random_subset(rows, kSeed, {}, count).row)
    bottom.push_back({{0, row}, std::nullopt});
  return bottom;
}

Json sample_of(const FinishedRun& run, const FoundSelection& selection, std::uint64_t rows) {
  const StepView view = view_step(run, selection, deciding_step(selection.job));
  const std::size_t picks = selection.file.row.size();
  const auto pick = [&](std::size_t i) {
    Json json = describe_pick(selection.file, i);
    json.update(describe_row(run, selection.file.row[i]));
    return json;
  };
  Json json{{"top", Json::array()}, {"cut", Json::array()}, {"bottom", Json::array()}};
  const std::size_t top = std::min<std::size_t>((rows + 2) / 3, picks);
  for (std::size_t i = 0; i < top; ++i) json["top"].push_back(pick(i));

  std::vector<Rejected> rejected = rejected_by(view);
  const std::size_t cut = (rows + 1) / 3;
  const std::vector<Rejected> next = just_not_picked(view, rejected, cut / 2);
  for (std::size_t i = std::max(top, picks - std::min(picks, cut - next.size())); i < picks; ++i)
    json["cut"].push_back(pick(i));
  for (const Rejected& one : next) json["cut"].push_back(json_of(run, one));

  if (!next.empty())
    std::erase_if(rejected, [&](const Rejected& one) {
      return next.front().position <= one.position && one.position <= next.back().position;
    });
  json["bottom_by"] = rejected.empty() || rejected.front().score ? "number" : "chance";
  for (const Rejected& one : bottom_of(rejected, rows / 3))
    json["bottom"].push_back(json_of(run, one));
  return json;
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
      told.update(sample_of(run, selection, rows));
  }
  return result;
}

}  // namespace winnow::pipeline
