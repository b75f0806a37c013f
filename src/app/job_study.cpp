#include "app/job_study.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/nearest.hpp"
#include "pipeline/iterate_stage.hpp"
#include "pipeline/pick_step.hpp"
#include "pipeline/step_parameters.hpp"
#include "pipeline/study_cells.hpp"
#include "selection/budget.hpp"

namespace winnow::app {
namespace {

/// A list of texts without repeats; empty where none is given.
/// @param name  what is equal in texts that mean the same
template <typename Name>
std::vector<std::string> read_list(YamlSection& section, const std::string& key, const Name& name) {
  const auto given = section.texts(key);
  if (!given) return {};
  if (given->empty()) section.fail(key, "empty, expected at least one");
  std::set<std::string> seen;
  for (const std::string& text : *given)
    if (!seen.insert(name(text)).second)
      section.fail(key, fmt::format("'{}' is given twice", text));
  return *given;
}

std::vector<std::string> read_names(YamlSection& section, const pipeline::Job& job) {
  std::vector<std::string> known;
  for (const pipeline::SelectionJob& selection : job.selections) known.push_back(selection.name);
  if (known.empty())
    section.fail("selections", "the job has no selection: expected selections: { NAME: ... }");
  const std::vector<std::string> names =
      read_list(section, "selections", [](const std::string& text) { return text; });
  for (const std::string& name : names)
    if (std::ranges::find(known, name) == known.end())
      section.fail("selections",
                   fmt::format("found '{}', expected selections of this job: {}; "
                               "nearest is '{}'",
                               name, fmt::join(known, ", "), core::nearest(name, known)));
  return names.empty() ? known : names;
}

std::vector<std::uint64_t> read_seeds(YamlSection& section) {
  std::vector<std::uint64_t> seeds;
  for (const std::string& text :
       read_list(section, "seeds", [](const std::string& each) { return each; })) {
    const char* const end = text.data() + text.size();
    const auto [read, error] = std::from_chars(text.data(), end, seeds.emplace_back());
    if (error != std::errc() || read != end)
      section.fail("seeds", fmt::format("found '{}', expected whole numbers, 0 or more", text));
    if (std::ranges::count(seeds, seeds.back()) > 1)  // Written otherwise: 1 and 01.
      section.fail("seeds", fmt::format("'{}' is given twice", text));
  }
  return seeds.empty() ? std::vector<std::uint64_t>{0} : seeds;
}

/// @throws core::UsageError if the selection cannot have a budget that counts tokens
void expect_tokens_fit(YamlSection& section, const pipeline::Job& job,
                       const pipeline::StudyCell& cell) {
  const pipeline::SelectionStep& last = cell.rows.steps.back();
  if (last.budget.empty() || !pipeline::is_in_tokens(last)) return;
  pipeline::check_needs(job, last);
  const bool needs_rows = last.take == "middle" || !last.strata.field.empty() ||
                          (last.method == "kmeans" && last.clusters == 0);
  if (needs_rows)
    section.fail("budgets", fmt::format("'{}' counts tokens, which {} cannot share out: expected "
                                        "rows or a percentage",
                                        cell.budget, cell.rows.place));
}

}  // namespace

pipeline::StudyJob read_study(YamlSection& section, const pipeline::Job& job) {
  pipeline::Job studied = job;
  pipeline::StudyJob& study = studied.study.emplace();
  study.selections = read_names(section, job);
  study.budgets = read_list(section, "budgets", pipeline::budget_name);
  for (const std::string& budget : study.budgets)
    static_cast<void>(selection::parse_budget(section.place_of("budgets"), budget));
  study.seeds = read_seeds(section);
  study.keep_checkpoints = section.boolean("keep_checkpoints").value_or(false);
  const std::vector<pipeline::StudyCell> cells = pipeline::cells_of(studied);
  for (const pipeline::StudyCell& cell : cells) expect_tokens_fit(section, job, cell);
  if (!study.budgets.empty() && std::ranges::all_of(cells, [](const pipeline::StudyCell& cell) {
        return cell.budget == pipeline::kNoBudget;
      }))
    section.fail("budgets", "given, but none of the study's selections has a budget");
  section.finish();
  return study;
}

void check_cells(YamlSection& root, const pipeline::Job& job) {
  if (!job.finetune)
    root.fail("finetune", "missing beside study, expected finetune: { epochs: 3, lr: 2.0e-5 }");
  if (!job.evaluation)
    root.fail("evaluate", "missing beside study, expected evaluate: { data: HELDOUT.jsonl }");
  for (const pipeline::StudyCell& cell : pipeline::cells_of(job))
    if (cell.rows.reselection && !cell.rows.reselection->once)
      static_cast<void>(pipeline::reselected(pipeline::job_of(job, cell, {})));
}

}  // namespace winnow::app
