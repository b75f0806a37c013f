#include "model/loaded_decoder_torch.hpp"

#include <memory>
#include <utility>

#include <ATen/ops/cat.h>
#include <c10/core/InferenceMode.h>

#include "model/device_torch.hpp"

namespace winnow::model {
namespace {

/// A common beginning is followed on the CPU, where every token sees the whole of it without a
/// mask.
std::size_t longest_shared(const DecoderConfig& config, const at::Device& device) {
  return device.is_cpu() && config.attention_cap == 0 ? longest_uniform_text(config) : 0;
}

/// The embedding stays as it is: rows of it are copied, and its type decides how it is scaled.
void widen(DecoderWeights& weights) {
  weights.head = weights.head.to(at::kFloat);
  for (DecoderLayer& layer : weights.layers)
    for (Linear* linear : {&layer.qkv, &layer.attention_out, &layer.gate_up, &layer.down})
      linear->parts = {at::cat(linear->parts).to(at::kFloat)};
}

}  // namespace

LoadedDecoder load_decoder(const std::filesystem::path& folder, const LoadOptions& options,
                           Widening widening) {
  const c10::InferenceMode no_autograd;
  const at::Device device = prepare_device(options);
  const DecoderConfig config = read_decoder_config(folder);
  const Arithmetic arithmetic = arithmetic_of(options.precision, device);
  const auto files =
      std::make_shared<WeightFiles>(options.weights.empty() ? folder : options.weights);
  const bool widens_all =
      arithmetic == Arithmetic::bf16_widened && widening == Widening::when_loaded;
  DecoderWeights weights = load_decoder_weights(config, files, arithmetic, device);
  if (widens_all) widen(weights);
  ModelInfo info{.architecture = config.architecture,
                 .parameters = weights.parameters,
                 .vocabulary_size = config.vocabulary_size,
                 .hidden_size = config.hidden_size,
                 .max_positions = config.max_positions};
  return {std::move(info), Decoder(config, std::move(weights), arithmetic, options.profile),
          longest_shared(config, device)};
}

}  // namespace winnow::model
