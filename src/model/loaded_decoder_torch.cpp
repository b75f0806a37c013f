#include "model/loaded_decoder_torch.hpp"

#include <memory>
#include <utility>

#include <ATen/ops/cat.h>
#include <c10/core/InferenceMode.h>

#include "model/device_torch.hpp"
#include "model/model_errors_torch.hpp"

namespace winnow::model {
namespace {

/// The embedding stays as it is: rows of it are copied, and its type decides how it is scaled.
void widen(DecoderWeights& weights) {
  weights.head = weights.head.to(at::kFloat);
  for (DecoderLayer& layer : weights.layers)
    for (Linear* linear : {&layer.qkv, &layer.attention_out, &layer.gate_up, &layer.down})
      linear->parts = {at::cat(linear->parts).to(at::kFloat)};
}

}  // namespace

std::size_t longest_shared(const DecoderConfig& config, const at::Device& device) {
  return device.is_cpu() && config.attention_cap == 0 ? longest_uniform_text(config) : 0;
}

DecoderWeights load_widened_weights(const DecoderConfig& config,
                                    const std::shared_ptr<WeightFiles>& files,
                                    Arithmetic arithmetic, const at::Device& device,
                                    Widening widening, std::vector<at::Tensor>* mapped) {
  DecoderWeights weights = load_decoder_weights(config, files, arithmetic, device, mapped);
  if (arithmetic == Arithmetic::bf16_widened && widening == Widening::when_loaded) widen(weights);
  return weights;
}

LoadedDecoder load_decoder(const std::filesystem::path& folder, const LoadOptions& options,
                           Widening widening) {
  const c10::InferenceMode no_autograd;
  const at::Device device = prepare_device(options);
  const DecoderConfig config = read_decoder_config(folder);
  const Arithmetic arithmetic = arithmetic_of(options.precision, device);
  const auto files =
      std::make_shared<WeightFiles>(options.weights.empty() ? folder : options.weights);
  DecoderWeights weights = with_model_errors(folder.string(), device, [&] {
    return load_widened_weights(config, files, arithmetic, device, widening);
  });
  ModelInfo info{.architecture = config.architecture,
                 .parameters = weights.parameters,
                 .vocabulary_size = config.vocabulary_size,
                 .hidden_size = config.hidden_size,
                 .max_positions = config.max_positions,
                 .folder = folder.string()};
  return {std::move(info), Decoder(config, std::move(weights), arithmetic, options.profile),
          longest_shared(config, device)};
}

}  // namespace winnow::model
