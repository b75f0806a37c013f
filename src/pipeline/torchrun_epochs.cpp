#include "pipeline/torchrun_epochs.hpp"

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/model_loading.hpp"
#include "pipeline/torchrun.hpp"
#include "pipeline/training_run.hpp"
#include "training/sealed_folder.hpp"

namespace winnow::pipeline {

TorchrunEpochs::TorchrunEpochs(Context& context, const TrainingSetup& setup, std::uint64_t steps)
    : context_(context), setup_(setup), options_(scheduled_options(*context.job.finetune, steps)) {
  const mpi::Communicator& ranks = context.communicator;
  const std::uint64_t found = mpi::agree_on(ranks, [&] {
    std::uint64_t epoch = ranks.is_root() ? context.job.finetune->epochs - 1 : 0;
    while (epoch > 0 && !training::is_sealed(setup.checkpoints.epoch(epoch), setup.key)) --epoch;
    return epoch;
  });
  trained_ = mpi::max(ranks, found);
}

void TorchrunEpochs::run_epoch(std::span<const training::TrainingRow> rows,
                               std::span<const training::StepRows> batches, std::uint64_t epoch,
                               std::uint64_t before) {
  if (epoch < trained_) return;
  mpi::agree_on(context_.communicator, [&] {
    if (batches.empty())
      throw core::UsageError(fmt::format(
          "finetune.batch: {} rows, but epoch {} has no whole batch, which engine: torchrun does "
          "not support: expected a smaller batch, or engine: native",
          context_.job.finetune->batch, epoch + 1));
  });
  train_by_torchrun(context_, {setup_.checkpoints,
                               rows,
                               before,
                               {batches.begin(), batches.end()},
                               {{before + batches.size(), epoch + 1}},
                               options_,
                               setup_.binding});
  trained_ = epoch + 1;
}

std::shared_ptr<model::CausalLanguageModel> TorchrunEpochs::model_behind(std::uint64_t epochs,
                                                                         std::uint64_t steps) {
  const std::filesystem::path folder = setup_.checkpoints.epoch(epochs);
  if (trained_ != epochs)
    throw core::ModelError(fmt::format(
        "{}: epoch {} is trained, but what was selected behind step {} is missing: expected "
        "epochs/ as it was, or no checkpoints/",
        context_.folder.path().string(), trained_, steps));
  ModelScorer scorer = context_.job.finetune->model;
  scorer.path = folder;
  const model::LoadOptions load = load_options(context_, scorer, setup_.binding,
                                               model::ModelUse::scoring, "iterate: score the pool");
  return mpi::agree_on(context_.communicator, [&]() -> std::shared_ptr<model::CausalLanguageModel> {
    return model::load_causal_language_model(folder, load);
  });
}

}  // namespace winnow::pipeline
