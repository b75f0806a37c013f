#include "training/preference_pass_torch.hpp"

#include <cmath>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>

#include "core/error.hpp"
#include "model/packed_batch.hpp"
#include "training/micro_batches.hpp"
#include "training/weighted_loss_torch.hpp"

namespace winnow::training {
namespace {

model::Rounding rounding_of(const TrainingOptions& options) {
  return options.is_bf16 ? model::Rounding::bf16 : model::Rounding::none;
}

}  // namespace

/// The answers of some pairs behind one forward pass, which refers to `batch`.
struct PreferencePass::Answers {
  Answers(PreferencePass& of, std::span<const TrainingRow* const> pairs);
  Answers(const Answers&) = delete;
  Answers& operator=(const Answers&) = delete;

  model::PackedBatch batch;  ///< the chosen answer of each pair, then its rejected one
  TrainableDecoder::Pass pass;
  at::Tensor predictors;  ///< [targets] into the pass's hidden states
  at::Tensor hidden;      ///< [targets, hidden_size]
  std::vector<PairLogProbs> log_probs;
};

PreferencePass::Answers::Answers(PreferencePass& of, std::span<const TrainingRow* const> pairs) {
  std::vector<model::Segment> segments;
  for (const TrainingRow* pair : pairs) {
    const RejectedAnswer& rejected = pair->rejected.value();
    segments.push_back({pair->ids, pair->targets.front().begin, pair->targets.back().end});
    segments.push_back({rejected.ids, rejected.target.begin, rejected.target.end});
  }
  batch = model::pack(segments, of.info_, 0, model::Sharing::none);
  pass = of.decoder_.forward(batch, {});
  predictors = model::index_tensor(batch.predictors, pass.hidden.device());
  hidden = pass.hidden.detach().index_select(0, predictors);
  const std::vector<float> losses =
      target_losses(hidden, of.parameters_.weights.head, of.decoder_.config().logit_cap,
                    batch.targets, rounding_of(of.options_));
  log_probs.resize(pairs.size());
  for (std::size_t i = 0; i < losses.size(); ++i) {
    PairLogProbs& pair = log_probs[batch.owners[i] / 2];
    (batch.owners[i] % 2 == 0 ? pair.chosen : pair.rejected) -= static_cast<double>(losses[i]);
  }
}

std::vector<PairLogProbs> PreferencePass::log_probs(std::span<const TrainingRow> pairs) {
  const at::NoGradGuard without_gradients;
  std::vector<const TrainingRow*> all;
  for (const TrainingRow& pair : pairs) all.push_back(&pair);
  std::vector<PairLogProbs> result;
  for (const auto& together : micro_batches(all, options_)) {
    const Answers answers(*this, together);
    result.insert(result.end(), answers.log_probs.begin(), answers.log_probs.end());
  }
  return result;
}

PreferenceSums PreferencePass::learn(std::span<const TrainingRow* const> pairs,
                                     std::uint64_t batch_pairs, const WholeFrom& whole) {
  const Answers answers(*this, pairs);
  const model::PackedBatch& batch = answers.batch;
  PreferenceSums sums;
  std::vector<float> weights_of_answers;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const PreferenceLoss pair = preference_loss(options_.dpo_beta.value(), answers.log_probs[i],
                                                pairs[i]->rejected->reference);
    if (!std::isfinite(pair.chosen_reward) || !std::isfinite(pair.rejected_reward))
      throw core::ModelError(fmt::format("row {}: the loss is not finite", pairs[i]->row));
    sums += pair;
    const auto weight = static_cast<float>(pair.slope / static_cast<double>(batch_pairs));
    weights_of_answers.push_back(weight);
    weights_of_answers.push_back(-weight);
  }
  std::vector<float> weights;
  for (const std::size_t owner : batch.owners) weights.push_back(weights_of_answers[owner]);
  const WeightedLoss loss =
      weighted_loss(answers.hidden, parameters_.weights.head, parameters_.gradient.head,
                    decoder_.config().logit_cap, batch.targets, weights, rounding_of(options_));
  const at::Tensor back = at::zeros_like(answers.pass.hidden);
  back.index_add_(0, answers.predictors, loss.hidden_gradient);
  decoder_.backward(batch, answers.pass, back, whole);
  return sums;
}

}  // namespace winnow::training
