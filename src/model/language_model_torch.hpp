#pragma once

#include <memory>

#include "model/decoder_weights_torch.hpp"
#include "model/language_model.hpp"

namespace winnow::model {

/// A causal language model of weights that are in memory on their device.
/// @param weights  float32, whole matrices; they must not change while the model is used
[[nodiscard]] std::unique_ptr<CausalLanguageModel> language_model_of(const DecoderConfig& config,
                                                                     ModelInfo info,
                                                                     DecoderWeights weights,
                                                                     Precision precision,
                                                                     bool profile);

}  // namespace winnow::model
