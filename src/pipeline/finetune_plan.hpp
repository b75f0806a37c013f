#pragma once

#include <cstdint>
#include <optional>
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
  /// Places in [0, rows) in the order of an epoch, those left out by drop_last included.
  [[nodiscard]] std::vector<std::uint64_t> places(std::uint64_t epoch) const;
  /// The batches of an epoch, from 0.
  [[nodiscard]] std::vector<training::StepRows> batches(std::uint64_t epoch) const;
  /// @param step  from 0; valid until another epoch's is asked for
  [[nodiscard]] const training::StepRows& batch(std::uint64_t step);

 private:
  const FinetuneJob& job_;
  std::uint64_t rows_;
  std::uint64_t per_epoch_;
  std::optional<std::uint64_t> epoch_;
  std::vector<training::StepRows> batches_;
};

}  // namespace winnow::pipeline
