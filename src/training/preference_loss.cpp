#include "training/preference_loss.hpp"

#include <algorithm>
#include <cmath>

namespace winnow::training {

PreferenceLoss preference_loss(double beta, const PairLogProbs& model,
                               const PairLogProbs& reference) {
  PreferenceLoss result;
  result.chosen_reward = beta * (model.chosen - reference.chosen);
  result.rejected_reward = beta * (model.rejected - reference.rejected);
  const double margin = result.chosen_reward - result.rejected_reward;
  // Without overflow for any margin: ln(1 + exp(-margin)) and 1 / (1 + exp(margin)).
  const double smaller = std::exp(-std::abs(margin));
  result.loss = std::max(-margin, 0.0) + std::log1p(smaller);
  result.slope = beta * (margin > 0 ? smaller : 1.0) / (1.0 + smaller);
  return result;
}

PreferenceSums& PreferenceSums::operator+=(const PreferenceLoss& pair) {
  return *this += PreferenceSums{pair.loss, pair.chosen_reward, pair.rejected_reward,
                                 pair.chosen_reward > pair.rejected_reward ? 1.0 : 0.0};
}

PreferenceSums& PreferenceSums::operator+=(const PreferenceSums& other) {
  loss += other.loss;
  chosen_reward += other.chosen_reward;
  rejected_reward += other.rejected_reward;
  preferred += other.preferred;
  return *this;
}

}  // namespace winnow::training
