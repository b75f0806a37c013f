#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <vector>

#include "model/decoder_torch.hpp"
#include "model/language_model.hpp"

namespace winnow::model {

/// A model folder's decoder on its device.
struct LoadedDecoder {
  ModelInfo info;
  Decoder decoder;
  std::size_t longest_shared = 0;  ///< segments longer than this do not share their beginning
};

/// Where bf16 products are widened to float32: each time, half the memory; or once, where one pass
/// has few rows and the weights' way through memory decides.
enum class Widening { at_each_product, when_loaded };

/// The longest segment that shares its beginning with others. A common beginning is followed on the
/// CPU, where every token sees the whole of it without a mask.
[[nodiscard]] std::size_t longest_shared(const DecoderConfig& config, const at::Device& device);

/// load_decoder_weights, widened where arithmetic and widening ask for it.
[[nodiscard]] DecoderWeights load_widened_weights(const DecoderConfig& config,
                                                  const std::shared_ptr<WeightFiles>& files,
                                                  Arithmetic arithmetic, const at::Device& device,
                                                  Widening widening,
                                                  std::vector<at::Tensor>* mapped = nullptr);

/// @throws core::ModelError naming file, field or tensor; core::EnvironmentError without the device
/// or its memory
[[nodiscard]] LoadedDecoder load_decoder(const std::filesystem::path& folder,
                                         const LoadOptions& options, Widening widening);

}  // namespace winnow::model
