#include "model/loaded_decoder_torch.hpp"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::model {
namespace {

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

void widen(DecoderWeights& weights) {
  const bool is_tied = weights.head.is_same(weights.embedding);
  const auto widen_matrix = [](at::Tensor& matrix) { matrix = matrix.to(at::kFloat); };
  widen_matrix(weights.embedding);
  if (is_tied)
    weights.head = weights.embedding;
  else
    widen_matrix(weights.head);
  for (DecoderLayer& layer : weights.layers)
    for (Linear* linear : {&layer.qkv, &layer.attention_out, &layer.gate_up, &layer.down})
      widen_matrix(linear->weight);
}

}  // namespace

LoadedDecoder load_decoder(const std::filesystem::path& folder, const LoadOptions& options,
                           Widening widening) {
  const c10::InferenceMode no_autograd;
  request_reproducible_products();
  if (options.device < 0) at::set_num_threads(options.threads);
  const DecoderConfig config = read_decoder_config(folder);
  const at::Device device = device_of(options);
  const Arithmetic arithmetic = arithmetic_of(options.precision, device);
  WeightFiles files(folder);
  const auto matrix_type = options.precision == Precision::bf16 ? at::kBFloat16 : at::kFloat;
  DecoderWeights weights = load_decoder_weights(config, files, matrix_type, device);
  if (arithmetic == Arithmetic::bf16_widened && widening == Widening::when_loaded) widen(weights);
  ModelInfo info{.architecture = config.architecture,
                 .parameters = weights.parameters,
                 .vocabulary_size = config.vocabulary_size,
                 .hidden_size = config.hidden_size,
                 .max_positions = config.max_positions};
  return {std::move(info), Decoder(config, std::move(weights), arithmetic),
          longest_shared(config, device)};
}

}  // namespace winnow::model
