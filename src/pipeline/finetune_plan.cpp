#include "pipeline/finetune_plan.hpp"

#include <numeric>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::pipeline {

FinetunePlan::FinetunePlan(const FinetuneJob& job, std::uint64_t rows)
    : job_(job),
      rows_(rows),
      per_epoch_(job.drop_last ? rows / job.batch : (rows + job.batch - 1) / job.batch) {}

std::vector<training::StepRows> FinetunePlan::batches(std::uint64_t epoch) const {
  std::vector<std::uint64_t> places(rows_);
  std::iota(places.begin(), places.end(), std::uint64_t{0});
  if (job_.shuffle) places = training::shuffled_places(rows_, job_.options.seed, epoch);
  auto batches = training::epoch_steps(places, job_.batch);
  batches.resize(per_epoch_);
  return batches;
}

void expect_a_batch(const FinetuneJob& job, std::uint64_t rows) {
  if (FinetunePlan(job, rows).per_epoch() == 0)
    throw core::DataError(
        fmt::format("finetune.batch: {} rows, but {} can be learnt: expected a smaller batch, or "
                    "drop_last: false",
                    job.batch, rows));
}

}  // namespace winnow::pipeline
