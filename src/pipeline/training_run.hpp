#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/progress.hpp"
#include "pipeline/context.hpp"
#include "pipeline/epoch_training.hpp"
#include "pipeline/finetune_results.hpp"
#include "pipeline/steps_log.hpp"
#include "pipeline/training_rows.hpp"
#include "pipeline/training_setup.hpp"
#include "training/epoch_plan.hpp"
#include "training/fine_tuning_mpi.hpp"

namespace winnow::pipeline {

/// The job's options with the learning rate over so many steps.
[[nodiscard]] training::TrainingOptions scheduled_options(const FinetuneJob& job,
                                                          std::uint64_t steps);

/// @throws core::DataError saying why, where no row can be learnt or no batch is whole
void expect_batches(const FinetuneJob& job, const TrainingRows& rows);

/// Statuses and counts of the rows that were to be learnt, for the summary.
[[nodiscard]] nlohmann::ordered_json counts_of(const TrainingRows& rows);

/// winnow's own training of one model in its run folder: goes on from the newest sound resume
/// state, writes new ones, log/steps.jsonl and the models of epochs. The model stays in memory.
class TrainingRun : public EpochTraining {
 public:
  /// Loads the model.
  /// @param steps  of all epochs: the learning rate's
  TrainingRun(Context& context, const TrainingSetup& setup, std::uint64_t steps);

  [[nodiscard]] training::FineTuning& tuning() { return *tuning_; }

  void run_epoch(std::span<const training::TrainingRow> rows,
                 std::span<const training::StepRows> batches, std::uint64_t epoch,
                 std::uint64_t before) override;
  [[nodiscard]] std::shared_ptr<model::CausalLanguageModel> model_behind(
      std::uint64_t epochs, std::uint64_t steps) override;

  /// Tokens that went through the model in this process, and the seconds that steps took.
  [[nodiscard]] std::uint64_t tokens() const { return tokens_; }
  [[nodiscard]] double seconds() const { return seconds_; }

 private:
  void expect_room();
  void resume();
  /// Root's: that nothing could be gone on from, where there should have been something.
  void tell_start(bool had_states);
  training::StepReport take(std::span<const training::TrainingRow> rows,
                            const training::StepRows& batch, std::uint64_t epoch);
  void save_if_due(std::uint64_t epoch, bool ends_epoch);
  [[nodiscard]] bool is_due() const;
  void save();
  void publish();

  Context& context_;
  const mpi::Communicator& ranks_;
  const FinetuneJob& job_;
  const TrainingSetup& setup_;
  FinetuneResults results_;
  std::unique_ptr<training::FineTuning> tuning_;
  std::optional<StepsLog> log_;  ///< root's
  std::optional<core::Progress> progress_;
  std::chrono::steady_clock::time_point last_saved_;
  std::optional<std::uint64_t> saved_step_;
  std::uint64_t tokens_ = 0;
  double seconds_ = 0;
};

}  // namespace winnow::pipeline
