#include <algorithm>
#include <utility>

#include <c10/core/InferenceMode.h>

#include "model/language_model.hpp"
#include "model/loaded_decoder_torch.hpp"
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

}  // namespace

std::unique_ptr<CausalLanguageModel> load_causal_language_model(const std::filesystem::path& folder,
                                                                const LoadOptions& options) {
  LoadedDecoder loaded = load_decoder(folder, options, Widening::at_each_product);
  return std::make_unique<TorchLanguageModel>(std::move(loaded.info), std::move(loaded.decoder),
                                              loaded.longest_shared);
}

}  // namespace winnow::model
