#include <algorithm>
#include <cstdlib>
#include <utility>

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>
#include <torch/headeronly/version.h>

#include "core/error.hpp"
#include "model/decoder_torch.hpp"
#include "model/hidden_states_torch.hpp"
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

  [[nodiscard]] std::vector<SegmentResult> run(std::span<const Segment> batch) override {
    const c10::InferenceMode no_autograd;
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
          candidate_logits(states, last.row, decoder_.head(), batch[last.owner].candidates);
    return results;
  }

 private:
  void add_losses(std::vector<SegmentResult>& results, const PackedBatch& packed,
                  const at::Tensor& hidden) {
    if (packed.owners.empty()) return;
    const std::vector<float> losses = token_losses(
        rows_of(hidden, packed.predictors), decoder_.head(), packed.targets, decoder_.products());
    for (std::size_t at = 0; at < packed.owners.size(); ++at)
      results[packed.owners[at]].losses.push_back(losses[at]);
  }

  ModelInfo info_;
  Decoder decoder_;
  std::size_t longest_shared_;
};

/// A common beginning is followed on the CPU, and where every token sees the whole of it.
std::size_t longest_shared(const DecoderConfig& config, const at::Device& device) {
  if (!device.is_cpu()) return 0;
  const std::uint32_t window = smallest_window(config);
  return window == 0 ? config.max_positions : window;
}

at::Device device_of(const LoadOptions& options) {
  if (options.device < 0) return at::kCPU;
  const int found = cuda_device_count();
  if (options.device >= found)
    throw core::EnvironmentError(
        fmt::format("CUDA device {} asked for, this process can use {}", options.device, found));
  return {at::kCUDA, static_cast<at::DeviceIndex>(options.device)};
}

}  // namespace

std::unique_ptr<CausalLanguageModel> load_causal_language_model(const std::filesystem::path& folder,
                                                                const LoadOptions& options) {
  const c10::InferenceMode no_autograd;
  request_reproducible_products();
  if (options.device < 0) at::set_num_threads(options.threads);
  const DecoderConfig config = read_decoder_config(folder);
  const at::Device device = device_of(options);
  WeightFiles files(folder);
  const auto matrix_type = options.precision == Precision::bf16 ? at::kBFloat16 : at::kFloat;
  DecoderWeights weights = load_decoder_weights(config, files, matrix_type, device);
  ModelInfo info{.architecture = config.architecture,
                 .parameters = weights.parameters,
                 .vocabulary_size = config.vocabulary_size,
                 .hidden_size = config.hidden_size,
                 .max_positions = config.max_positions};
  return std::make_unique<TorchLanguageModel>(
      std::move(info),
      Decoder(config, std::move(weights), arithmetic_of(options.precision, device)),
      longest_shared(config, device));
}

int cuda_device_count() {
  return at::hasCUDA() ? static_cast<int>(at::detail::getCUDAHooks().getNumGPUs()) : 0;
}

std::string library_description() {
  request_reproducible_products();
  const bool is_widened = arithmetic_of(Precision::bf16, at::kCPU) == Arithmetic::bf16_widened;
  const char* mode = std::getenv("MKL_CBWR");
  return fmt::format("libtorch {}; CPU {}; MKL_CBWR {}; bf16 products on the CPU {}", TORCH_VERSION,
                     at::get_cpu_capability(), mode == nullptr ? "default" : mode,
                     is_widened ? "widened to fp32" : "native");
}

}  // namespace winnow::model
