#pragma once

#include "training/training_row.hpp"

namespace winnow::training {

/// What direct preference optimization makes of one pair.
struct PreferenceLoss {
  double loss = 0;  ///< -ln sigmoid(chosen_reward - rejected_reward), nats
  /// beta * (ln p of the answer - ln p of it by the reference)
  double chosen_reward = 0;
  double rejected_reward = 0;
  /// - d loss / d ln p(chosen) = d loss / d ln p(rejected)
  double slope = 0;
};

/// @param beta  how strongly the model is held to the reference, above 0
/// Source: Rafailov et al. 2023, Direct Preference Optimization, arXiv:2305.18290, eq. 7.
[[nodiscard]] PreferenceLoss preference_loss(double beta, const PairLogProbs& model,
                                             const PairLogProbs& reference);

/// Sums over pairs.
struct PreferenceSums {
  double loss = 0;
  double chosen_reward = 0;
  double rejected_reward = 0;
  double preferred = 0;  ///< pairs whose chosen answer has the larger reward

  PreferenceSums& operator+=(const PreferenceLoss& pair);
  PreferenceSums& operator+=(const PreferenceSums& other);
};

}  // namespace winnow::training
