#pragma once

#include <cstdint>
#include <optional>

#include "training/adamw.hpp"
#include "training/learning_rate.hpp"
#include "training/lora_options.hpp"
#include "training/neftune.hpp"

namespace winnow::training {

/// What the losses of a step's targets count: all alike, as transformers' Trainer over accumulated
/// batches, or each row alike, its targets sharing its part (what micro-batches of one row come
/// to).
enum class LossReduction { token, sample };

struct TrainingOptions {
  AdamwRule adamw;
  LearningRate rate;
  double weight_decay = 0;
  double clip_norm = 1;  ///< of the whole gradient; 0: no limit
  LossReduction reduction = LossReduction::token;
  /// Rows of one forward and backward pass; a shard's rows go in order. 0: as many as have
  /// micro_batch_tokens together, at least one.
  std::uint32_t micro_batch_rows = 0;
  std::uint32_t micro_batch_tokens = 2048;
  bool is_bf16 = false;        ///< weights and inputs of products, as for scoring
  bool checkpointing = false;  ///< TrainableDecoder
  double neftune_alpha = 0;    ///< 0: no noise
  NeftuneLength neftune_length = NeftuneLength::real;
  std::uint64_t seed = 0;
  /// The same bits for any number of ranks (FixedOrderUpdate); otherwise the gradients are summed
  /// beside the way back, in whatever order is fastest (OverlappedUpdate).
  bool deterministic = true;
  std::optional<LoraOptions> lora;  ///< nothing: all weights are trained
  /// Rows are pairs, learnt by direct preference optimization with this beta, their losses' mean
  /// (preference_loss.hpp); nothing: the losses of their targets are learnt.
  std::optional<double> dpo_beta;
};

}  // namespace winnow::training
