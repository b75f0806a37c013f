#include "model/language_model_torch.hpp"

#include <algorithm>
#include <utility>

#include <c10/core/InferenceMode.h>

#include "model/hidden_states_torch.hpp"
#include "model/language_model.hpp"
#include "model/loaded_decoder_torch.hpp"
#include "model/loss_head_torch.hpp"
#include "model/model_errors_torch.hpp"

namespace winnow::model {
namespace {

class TorchLanguageModel final : public CausalLanguageModel {
 public:
  /// @param longest_shared  segments longer than this do not share their beginning
  TorchLanguageModel(ModelInfo info, Decoder decoder, std::size_t longest_shared)
      : info_(std::move(info)), decoder_(std::move(decoder)), longest_shared_(longest_shared) {}

  [[nodiscard]] const ModelInfo& info() const override { return info_; }
  [[nodiscard]] const PassTimes& times() const override {
    return decoder_.products().clock().times();
  }

  [[nodiscard]] std::vector<SegmentResult> run(std::span<const Segment> batch) override {
    return with_model_errors(info_.folder, decoder_.device(), [&] { return run_all(batch); });
  }

 private:
  std::vector<SegmentResult> run_all(std::span<const Segment> batch) {
    const c10::InferenceMode no_autograd;
    const auto timer = decoder_.products().clock().time(&PassTimes::all);
    std::vector<SegmentResult> results(batch.size());
    const bool may_share = std::ranges::all_of(
        batch, [&](const Segment& segment) { return segment.ids.size() <= longest_shared_; });
    const PackedBatch packed =
        pack(batch, info_, kFewestRows, may_share ? Sharing::common_beginning : Sharing::none);
    if (packed.ids.empty()) return results;
    const at::Tensor hidden = decoder_.run(packed);
    add_losses(results, packed, hidden);
    if (packed.pooled.empty() && packed.last.empty()) return results;
    const at::Tensor states = hidden.cpu();
    for (const PooledRows& pooled : packed.pooled)
      results[pooled.owner].embedding = mean_of_rows(states, pooled.rows);
    for (const LastRow& last : packed.last)
      results[last.owner].logits =
          candidate_logits(states, last.row, decoder_.head(), decoder_.config().logit_cap,
                           batch[last.owner].candidates);
    return results;
  }

  void add_losses(std::vector<SegmentResult>& results, const PackedBatch& packed,
                  const at::Tensor& hidden) {
    if (packed.owners.empty()) return;
    const std::vector<float> losses =
        token_losses(selected_rows(hidden, packed.predictors), decoder_.head(),
                     decoder_.config().logit_cap, packed.targets, decoder_.products());
    for (std::size_t at = 0; at < packed.owners.size(); ++at)
      results[packed.owners[at]].losses.push_back(losses[at]);
  }

  ModelInfo info_;
  Decoder decoder_;
  std::size_t longest_shared_;
};

/// The weights as a folder of them is loaded for the arithmetic.
void narrow(DecoderWeights& weights, bool tied_head) {
  weights.embedding = weights.embedding.to(at::kBFloat16);
  weights.head = tied_head ? weights.embedding : weights.head.to(at::kBFloat16);
  for (DecoderLayer& layer : weights.layers)
    for (Linear* linear : {&layer.qkv, &layer.attention_out, &layer.gate_up, &layer.down})
      for (at::Tensor& part : linear->parts) part = part.to(at::kBFloat16);
}

}  // namespace

std::unique_ptr<CausalLanguageModel> language_model_of(const DecoderConfig& config, ModelInfo info,
                                                       DecoderWeights weights, Precision precision,
                                                       bool profile) {
  const c10::InferenceMode no_autograd;
  const at::Device device = weights.embedding.device();
  const Arithmetic arithmetic = arithmetic_of(precision, device);
  if (arithmetic != Arithmetic::fp32) narrow(weights, config.tied_head);
  const std::size_t longest = longest_shared(config, device);
  return std::make_unique<TorchLanguageModel>(
      std::move(info), Decoder(config, std::move(weights), arithmetic, profile), longest);
}

std::unique_ptr<CausalLanguageModel> load_causal_language_model(const std::filesystem::path& folder,
                                                                const LoadOptions& options) {
  LoadedDecoder loaded = load_decoder(folder, options, Widening::at_each_product);
  return std::make_unique<TorchLanguageModel>(std::move(loaded.info), std::move(loaded.decoder),
                                              loaded.longest_shared);
}

}  // namespace winnow::model
