#pragma once

#include <cstdint>

namespace winnow::training {

enum class Schedule { constant, linear, cosine };

/// The learning rate over a run of optimizer steps, as transformers' get_scheduler counts it: the
/// first warm-up step has rate 0, and the first step behind the warm-up has the peak.
/// Source: transformers, optimization.py.
struct LearningRate {
  Schedule schedule = Schedule::cosine;
  double peak = 0;
  std::uint64_t warmup_steps = 0;
  std::uint64_t steps = 0;  ///< of the whole run

  /// @param step  from 0
  [[nodiscard]] double at(std::uint64_t step) const;
};

/// Warm-up steps of a share of all steps, rounded up as transformers does.
[[nodiscard]] std::uint64_t warmup_steps(std::uint64_t steps, double share);

}  // namespace winnow::training
