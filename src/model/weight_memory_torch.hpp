#pragma once

#include <memory>
#include <vector>

#include "model/loaded_decoder_torch.hpp"
#include "model/weight_files.hpp"
#include "model/weight_memory.hpp"

namespace winnow::model {

/// What these weights take.
/// @param mapped  the tensors that look at mapped files
[[nodiscard]] WeightMemory memory_of(const DecoderWeights& weights,
                                     const std::vector<at::Tensor>& mapped);

/// What loading these weights on the CPU takes, found by going through it with tensors that have no
/// bytes; what a widened product takes is counted too.
[[nodiscard]] WeightMemory weight_memory(const DecoderConfig& config,
                                         const std::shared_ptr<WeightFiles>& files,
                                         Arithmetic arithmetic, Widening widening);

}  // namespace winnow::model
