#include <algorithm>
#include <utility>

#include <c10/core/InferenceMode.h>

#include "model/decoder_torch.hpp"
#include "model/device_torch.hpp"
#include "model/language_model.hpp"
#include "model/loss_head_torch.hpp"

namespace winnow::model {
namespace {

class TorchLanguageModel final : public CausalLanguageModel {
 public:
  /// @param longest_shared  segments longer than this do not share their beginning
  TorchLanguageModel(ModelInfo info, Decoder decoder, std::size_t longest_shared)
      : info_(std::move(info)), decoder_(std::move(decoder)), longest_shared_(longest_shared) {}

  [[nodiscard]] const ModelInfo& info() const override { return info_; }

  [[nodiscard]] std::vector<double> nll_sums(std::span<const Segment> batch) override {
    const c10::InferenceMode no_autograd;
    std::vector<double> sums(batch.size(), 0.0);
    const bool may_share = std::ranges::all_of(
        batch, [&](const Segment& segment) { return segment.ids.size() <= longest_shared_; });
    const PackedBatch packed =
        pack(batch, info_, kFewestRows, may_share ? Sharing::common_beginning : Sharing::none);
    if (packed.owners.empty()) return sums;
    const std::vector<float> losses =
        token_losses(decoder_.run(packed), decoder_.head(), decoder_.config().logit_cap,
                     packed.targets, decoder_.products());
    for (std::size_t at = 0; at < packed.owners.size(); ++at)
      sums[packed.owners[at]] += static_cast<double>(losses[at]);
    return sums;
  }

 private:
  ModelInfo info_;
  Decoder decoder_;
  std::size_t longest_shared_;
};

/// A common beginning is followed on the CPU, where every token sees the whole of it without a
/// mask.
std::size_t longest_shared(const DecoderConfig& config, const at::Device& device) {
  return device.is_cpu() && config.attention_cap == 0 ? longest_uniform_text(config) : 0;
}

}  // namespace

std::unique_ptr<CausalLanguageModel> load_causal_language_model(const std::filesystem::path& folder,
                                                                const LoadOptions& options) {
  const c10::InferenceMode no_autograd;
  const at::Device device = prepare_device(options);
  const DecoderConfig config = read_decoder_config(folder);
  const Arithmetic arithmetic = arithmetic_of(options.precision, device);
  DecoderWeights weights =
      load_decoder_weights(config, std::make_shared<WeightFiles>(folder), arithmetic, device);
  ModelInfo info{.architecture = config.architecture,
                 .parameters = weights.parameters,
                 .vocabulary_size = config.vocabulary_size,
                 .hidden_size = config.hidden_size,
                 .max_positions = config.max_positions};
  return std::make_unique<TorchLanguageModel>(std::move(info),
                                              Decoder(config, std::move(weights), arithmetic),
                                              longest_shared(config, device));
}

}  // namespace winnow::model
