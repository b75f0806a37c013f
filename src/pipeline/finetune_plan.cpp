#include "pipeline/finetune_plan.hpp"

#include <numeric>

namespace winnow::pipeline {

FinetunePlan::FinetunePlan(const FinetuneJob& job, std::uint64_t rows)
    : job_(job),
      rows_(rows),
      per_epoch_(job.drop_last ? rows / job.batch : (rows + job.batch - 1) / job.batch) {}

std::vector<std::uint64_t> FinetunePlan::places(std::uint64_t epoch) const {
  if (job_.shuffle) return training::shuffled_places(rows_, job_.options.seed, epoch);
  std::vector<std::uint64_t> places(rows_);
  std::iota(places.begin(), places.end(), std::uint64_t{0});
  return places;
}

std::vector<training::StepRows> FinetunePlan::batches(std::uint64_t epoch) const {
  auto batches = training::epoch_steps(places(epoch), job_.batch);
  batches.resize(per_epoch_);
  return batches;
}

const training::StepRows& FinetunePlan::batch(std::uint64_t step) {
  if (const std::uint64_t epoch = step / per_epoch_; epoch != epoch_) {
    batches_ = batches(epoch);
    epoch_ = epoch;
  }
  return batches_[step % per_epoch_];
}

}  // namespace winnow::pipeline
