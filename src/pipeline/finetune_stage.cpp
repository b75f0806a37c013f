#include "pipeline/finetune_stage.hpp"

#include <filesystem>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/finetune_plan.hpp"
#include "pipeline/finetune_results.hpp"
#include "pipeline/reference_stage.hpp"
#include "pipeline/steps_log.hpp"
#include "pipeline/torchrun.hpp"
#include "pipeline/training_rows.hpp"
#include "pipeline/training_run.hpp"
#include "pipeline/training_setup.hpp"
#include "store/selection_file.hpp"

namespace winnow::pipeline {

std::vector<core::RowId> rows_to_learn(const Context& context, const IndexedData& data) {
  const FinetuneJob& job = *context.job.finetune;
  std::vector<core::RowId> rows;
  if (job.selection.empty()) {
    rows.resize(data.rows);
    std::iota(rows.begin(), rows.end(), core::RowId{0});
    return rows;
  }
  mpi::agree_on(context.communicator, [&] {
    if (context.communicator.is_root())
      rows = store::read_selection(context.folder.selection(job.selection)).row;
  });
  return mpi::broadcast(context.communicator, rows);
}

namespace {

double rate_of(std::uint64_t tokens, double seconds) {
  return seconds > 0 ? static_cast<double>(tokens) / seconds : 0;
}

/// Collective. By winnow itself. Tokens per second, 0 if nothing was left to do.
double train(Context& context, const TrainingSetup& setup, TrainingRows& rows,
             const FinetunePlan& plan) {
  TrainingRun run(context, setup, plan.steps());
  if (context.job.finetune->options.dpo_beta)
    set_reference(context, setup, run.tuning(), rows.rows);
  for (std::uint64_t epoch = 0; epoch < context.job.finetune->epochs; ++epoch)
    run.run_epoch(rows.rows, plan.batches(epoch), epoch, epoch * plan.per_epoch());
  return rate_of(run.tokens(), run.seconds());
}

/// Collective. By the ecosystem's engine; root's tokens per second.
double train_elsewhere(Context& context, const TrainingSetup& setup, const TrainingRows& rows,
                       const FinetunePlan& plan) {
  const training::TrainingOptions options = scheduled_options(*context.job.finetune, plan.steps());
  TorchrunWork work{setup.checkpoints, rows.rows, 0, {}, {}, options, setup.binding};
  for (std::uint64_t epoch = 0; epoch < context.job.finetune->epochs; ++epoch) {
    const auto batches = plan.batches(epoch);
    work.batches.insert(work.batches.end(), batches.begin(), batches.end());
    work.ends[work.batches.size()] = epoch + 1;
  }
  const TorchrunPace pace = train_by_torchrun(context, work);
  return rate_of(pace.tokens, pace.seconds);
}

}  // namespace

void finetune(Context& context, nlohmann::ordered_json& manifest, const IndexedData& data) {
  const StageTimer timer(context, "finetune");
  const mpi::Communicator& ranks = context.communicator;
  const FinetuneJob& job = context.job.finetune.value();
  const std::vector<core::RowId> ids = rows_to_learn(context, data);
  const TrainingSetup setup =
      set_up_training(context, manifest, data, ids, nlohmann::ordered_json::object());
  TrainingRows rows = training_rows(context, data, ids, setup.writing.tokenizer,
                                    *setup.writing.prompt, setup.writing.options);
  mpi::agree_on(ranks, [&] { expect_batches(job, rows); });
  const FinetunePlan plan(job, rows.rows.size());
  nlohmann::ordered_json& summary = context.summary["finetune"];
  summary = setup.binding;
  summary["rows"] = ids.size();
  summary["status"] = counts_of(rows);
  summary["cut"] = rows.cut;
  summary["empty_answers"] = rows.empty_answers;
  summary["steps"] = plan.steps();
  const FinetuneResults results(job, setup.checkpoints);
  summary["checkpoint"] = results.main().string();
  if (results.has_adapter()) summary["adapter"] = setup.checkpoints.adapter().string();

  if (!ask_root(ranks, [&] { return results.are_sealed(setup.key); })) {
    if (ranks.is_root() && std::filesystem::exists(results.main()))
      context.log.write("finetune", fmt::format("{}: not as it was written: it is made again",
                                                results.main().string()));
    const double tokens_per_second = job.engine == FinetuneEngine::torchrun
                                         ? train_elsewhere(context, setup, rows, plan)
                                         : train(context, setup, rows, plan);
    if (tokens_per_second > 0) summary["tokens_per_second"] = tokens_per_second;
  }
  mpi::agree_on(ranks, [&] {
    if (!ranks.is_root()) return;
    setup.checkpoints.drop_resume_states(0);
    if (const auto loss = total_of(context.folder.steps_log()).last_loss)
      summary["last_loss"] = *loss;
  });
}

}  // namespace winnow::pipeline
