#pragma once

#include <atomic>
#include <string>

#include <nlohmann/json.hpp>

#include "mpi/communicator.hpp"
#include "pipeline/job.hpp"

namespace winnow::pipeline {

/// `generate` and `evaluate` need nothing of `score` and `select`, `finetune` and `iterate` both of
/// them, `study` makes selections of its own; `everything` is all that the job names, its study in
/// the place of training and evaluation.
enum class Stage { index, score, select, finetune, iterate, study, generate, evaluate, everything };

struct RunOptions {
  int threads = 1;       ///< CPU threads of each rank
  bool profile = false;  ///< Context::profile
};

/// Collective. Runs `stage` of the job in its run folder, and before it the stages that it needs;
/// what is already there and current is skipped. Everything but the options' effect on speed is
/// equal on all ranks; `job` must be.
/// @returns the summary (root's is complete and also in summary.json), `exit_code` in it;
/// where that is `undefined`, `undefined` says what is
/// @throws core::UsageError if the folder is of another job, data file or scorer setting; whatever
/// the stages throw, on all ranks.
[[nodiscard]] nlohmann::ordered_json run(const mpi::Communicator& communicator, const Job& job,
                                         const std::string& command, Stage stage,
                                         const RunOptions& options,
                                         const std::atomic<bool>& stop_requested);

}  // namespace winnow::pipeline
