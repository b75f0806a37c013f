#include "core/available_memory.hpp"
#include "model/language_model.hpp"
#include "model/products_torch.hpp"
#include "model/text_encoder.hpp"
#include "model/weight_memory.hpp"

namespace winnow::model {

void expect_memory_for(const std::filesystem::path& folder, const LoadOptions& options,
                       ModelUse use) {
  if (options.device >= 0) return;
  const DecoderConfig config = kind_of_model(folder) == ModelKind::text_encoder
                                   ? read_encoder_config(folder)
                                   : read_decoder_config(folder);
  const bool joins = joins_parts(arithmetic_of(options.precision, at::kCPU));
  const bool widens_all = joins && use == ModelUse::generation;
  const WeightFiles files(options.weights.empty() ? folder : options.weights);
  const WeightMemory needed = weight_memory(
      files, config, widens_all ? Precision::fp32 : options.precision, joins && !widens_all);
  expect_memory(needed, options.processes, core::available_memory(), folder);
}

}  // namespace winnow::model
