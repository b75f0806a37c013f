#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/language_model.hpp"
#include "training/parameters_torch.hpp"
#include "training/preference_loss.hpp"
#include "training/trainable_decoder_torch.hpp"
#include "training/training_options.hpp"
#include "training/training_row.hpp"

namespace winnow::training {

/// Pairs of answers on their way through a decoder in training, in micro-batches of whole pairs.
/// Every row has a rejected answer.
class PreferencePass {
 public:
  /// All live longer than this object.
  PreferencePass(TrainableDecoder& decoder, const Parameters& parameters,
                 const model::ModelInfo& info, const TrainingOptions& options)
      : decoder_(decoder), parameters_(parameters), info_(info), options_(options) {}

  /// What the model says of both answers of each pair. [pairs]
  [[nodiscard]] std::vector<PairLogProbs> log_probs(std::span<const TrainingRow> pairs);

  /// Adds the gradient of the losses of a micro-batch, divided by `batch_pairs`, to the
  /// parameters'.
  /// @param whole  as of TrainableDecoder::backward
  /// @throws core::ModelError naming the row whose loss is not finite
  PreferenceSums learn(std::span<const TrainingRow* const> pairs, std::uint64_t batch_pairs,
                       const WholeFrom& whole);

 private:
  struct Answers;

  TrainableDecoder& decoder_;
  const Parameters& parameters_;
  const model::ModelInfo& info_;
  const TrainingOptions& options_;
};

}  // namespace winnow::training
