#include "pipeline/study_cells.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.hpp"
#include "pipeline/checkpoints.hpp"
#include "pipeline/method.hpp"

namespace winnow::pipeline {
namespace {

/// @param budget  empty: the selection's own
StudyCell cell_of(const SelectionJob& selection, const std::string& budget, std::uint64_t seed) {
  StudyCell cell{selection.name, budget, seed, {}, selection};
  SelectionStep& last = cell.rows.steps.back();
  if (last.budget.empty())
    cell.budget = kNoBudget;
  else if (budget.empty())
    cell.budget = last.budget;
  else
    last.budget = budget;
  bool draws = false;
  for (SelectionStep& step : cell.rows.steps) {
    if (!takes(method_of(step), "seed")) continue;
    step.seed = seed;
    draws = true;
  }
  const std::string name = budget_name(cell.budget);
  cell.folder = std::filesystem::path(selection.name) / name / std::to_string(seed);
  // No selection of the job can have such a name.
  cell.rows.name = fmt::format("{}@{}", selection.name, name);
  if (draws) cell.rows.name += fmt::format("@{}", seed);
  return cell;
}

}  // namespace

std::string budget_name(const std::string& budget) {
  std::string name;
  for (const char c : budget)
    if (c != ' ') name += c == '%' ? std::string("pct") : std::string(1, c);
  return name;
}

std::vector<StudyCell> cells_of(const Job& job) {
  const StudyJob& study = job.study.value();
  const std::vector<std::string> budgets =
      study.budgets.empty() ? std::vector<std::string>{""} : study.budgets;
  std::vector<StudyCell> cells;
  for (const std::uint64_t seed : study.seeds)
    for (const std::string& budget : budgets)
      for (const std::string& name : study.selections) {
        const auto selection = std::ranges::find(job.selections, name, &SelectionJob::name);
        core::check(selection != job.selections.end(), "a study names selections of its job");
        if (selection->steps.back().budget.empty() && budget != budgets.front()) continue;
        cells.push_back(cell_of(*selection, budget, seed));
      }
  return cells;
}

Job job_of(const Job& job, const StudyCell& cell, const std::filesystem::path& folder) {
  Job own = job;
  own.tfidf.dump = false;
  own.selections = {cell.rows};
  FinetuneJob& finetune = own.finetune.value();
  finetune.selection = cell.rows.name;
  finetune.options.seed = cell.seed;
  if (!job.study->keep_checkpoints) finetune.keep = 0;
  own.evaluation->tuned = {{kTuned, Checkpoints(folder / "checkpoints").final()}};
  return own;
}

}  // namespace winnow::pipeline
