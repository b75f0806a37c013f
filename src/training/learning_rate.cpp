#include "training/learning_rate.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace winnow::training {

double LearningRate::at(std::uint64_t step) const {
  const auto now = static_cast<double>(step);
  const auto warmup = static_cast<double>(warmup_steps);
  if (step < warmup_steps) return peak * now / warmup;
  const double left = std::max(1.0, static_cast<double>(steps) - warmup);
  switch (schedule) {
    case Schedule::constant:
      return peak;
    case Schedule::linear:
      return peak * std::max(0.0, (static_cast<double>(steps) - now) / left);
    case Schedule::cosine:
      break;
  }
  return peak * std::max(0.0, 0.5 * (1 + std::cos(std::numbers::pi * (now - warmup) / left)));
}

std::uint64_t warmup_steps(std::uint64_t steps, double share) {
  return static_cast<std::uint64_t>(std::ceil(static_cast<double>(steps) * share));
}

}  // namespace winnow::training
