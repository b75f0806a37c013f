#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/finetune_job.hpp"
#include "training/epoch_plan.hpp"

namespace winnow::pipeline {

/// Which rows each optimizer step takes: the same on every rank and for every engine.
class FinetunePlan {
 public:
  /// @param rows  that can be learnt
  FinetunePlan(const FinetuneJob& job, std::uint64_t rows);

  [[nodiscard]] std::uint64_t per_epoch() const { return per_epoch_; }
  [[nodiscard]] std::uint64_t steps() const { return per_epoch_ * job_.epochs; }
  /// The batches of an epoch, from 0.
  [[nodiscard]] std::vector<training::StepRows> batches(std::uint64_t epoch) const;

 private:
  const FinetuneJob& job_;
  std::uint64_t rows_;
  std::uint64_t per_epoch_;
};

/// @param rows  that can be learnt, or at most so many
/// @throws core::DataError where they make no batch
void expect_a_batch(const FinetuneJob& job, std::uint64_t rows);

}  // namespace winnow::pipeline
