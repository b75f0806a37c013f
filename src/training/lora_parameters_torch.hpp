#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/decoder_weights_torch.hpp"
#include "model/model_config.hpp"
#include "training/lora_options.hpp"
#include "training/parameters_torch.hpp"

namespace winnow::training {

/// Adapters of all layers as the only parameters, over weights that are frozen: each A drawn from
/// the seed as PEFT draws it (kaiming_uniform with a = sqrt(5): uniform within 1 / sqrt(inputs)),
/// each B zero. Both decay, as under transformers' Trainer.
/// @param weights  float32, whole matrices
/// @param is_bf16  matrices are rounded to bf16 values
/// @throws core::UsageError as adapted_modules
[[nodiscard]] Parameters lora_parameters(const model::DecoderConfig& config,
                                         const model::DecoderWeights& weights,
                                         const LoraOptions& lora, std::uint64_t seed, bool is_bf16);

/// The weights with all adapters merged into them, to be read by what knows no adapters; matrices
/// without an adapter are shared.
[[nodiscard]] model::DecoderWeights merged_weights(const Parameters& parameters);

/// The adapters as PEFT names, orders and shapes them.
[[nodiscard]] std::vector<NamedTensor> adapter_tensors(const model::DecoderConfig& config,
                                                       const Parameters& parameters);

}  // namespace winnow::training
