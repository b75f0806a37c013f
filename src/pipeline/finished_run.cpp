#include "pipeline/finished_run.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.hpp"
#include "pipeline/made_from.hpp"
#include "pipeline/select_stage.hpp"
#include "pipeline/selection_chain.hpp"
#include "pipeline/step_parameters.hpp"
#include "store/score_file.hpp"

namespace winnow::pipeline {
namespace {

using State = FoundSelection::State;

bool is_current(const FinishedRun& run, const FoundSelection& selection) {
  const std::vector<std::string> stored = store::ScoreFileReader(run.folder().scores()).scorers();
  for (const SelectionStep& step : selection.job.steps)
    for (const std::string& scorer : scorers_of(run.job(), step))
      if (std::ranges::find(stored, scorer) == stored.end()) return false;
  return made_from(selection.file.attributes) ==
         selection_key(run.context(), run.data(), selection.job);
}

/// A selection of one step has no such column: the step left out what it did not pick.
std::vector<std::uint8_t> left_out_by(const store::Selection& file, std::uint64_t rows) {
  if (file.left_out_by) return *file.left_out_by;
  std::vector<std::uint8_t> left_out_by(rows, 0);
  for (const core::RowId row : file.row) left_out_by.at(row) = kPicked;
  return left_out_by;
}

}  // namespace

FinishedRun::FinishedRun(const Job& job)
    : self_(mpi::Communicator::self()),
      log_(screen_, {}),
      context_{self_, job, RunFolder(job.run_folder), log_, 1, false, stop_requested_, summary_},
      data_(open_indexed(context_)) {}

FoundSelection find_selection(const FinishedRun& run, const SelectionJob& job) {
  FoundSelection selection{job, State::missing, {}, {}};
  const std::filesystem::path path = run.folder().selection(job.name);
  if (!std::filesystem::exists(path)) return selection;
  selection.file = store::read_selection(path);
  selection.state = is_current(run, selection) ? State::current : State::outdated;
  if (selection.state == State::outdated) return selection;
  const auto is_beyond = [&](core::RowId row) { return row >= run.data().rows; };
  if (std::ranges::any_of(selection.file.row, is_beyond))
    throw core::ModelError(fmt::format("{}: damaged: it picks rows beyond the {} of the data",
                                       path.string(), run.data().rows));
  selection.left_out_by = left_out_by(selection.file, run.data().rows);
  return selection;
}

}  // namespace winnow::pipeline
