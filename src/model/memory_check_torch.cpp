#include <memory>

#include "core/available_memory.hpp"
#include "model/language_model.hpp"
#include "model/text_encoder.hpp"
#include "model/weight_memory_torch.hpp"

namespace winnow::model {

void expect_memory_for(const std::filesystem::path& folder, const LoadOptions& options,
                       ModelUse use) {
  if (options.device >= 0) return;
  const DecoderConfig config = kind_of_model(folder) == ModelKind::text_encoder
                                   ? read_encoder_config(folder)
                                   : read_decoder_config(folder);
  const auto files =
      std::make_shared<WeightFiles>(options.weights.empty() ? folder : options.weights);
  const WeightMemory needed = weight_memory(
      config, files, arithmetic_of(options.precision, at::kCPU),
      use == ModelUse::generation ? Widening::when_loaded : Widening::at_each_product);
  expect_memory(needed, options.processes, core::available_memory(), folder);
}

}  // namespace winnow::model
