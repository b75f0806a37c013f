#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/decoder_weights_torch.hpp"
#include "model/model_config.hpp"
#include "training/weight_range.hpp"

namespace winnow::training {

/// A decoder's weights in one flat float32 tensor, and their gradients in another of the same
/// order, so that optimizer and exchange see plain ranges of numbers. Tied matrices stand once;
/// those that are one product stand together.
struct Parameters {
  at::Tensor values;               ///< [n]
  at::Tensor gradients;            ///< [n]
  model::DecoderWeights weights;   ///< looks at `values`
  model::DecoderWeights gradient;  ///< the same places of `gradients`
  /// One for each tensor, in order; weight decay is for matrices, neither for norms nor for biases,
  /// as transformers' Trainer has it.
  std::vector<WeightRange> ranges;
};

/// @param weights  float32, whole matrices (model::Arithmetic::fp32)
[[nodiscard]] Parameters flat_parameters(const model::DecoderConfig& config,
                                         const model::DecoderWeights& weights);

/// A tensor as the model's files name and shape it.
struct NamedTensor {
  std::string name;
  at::Tensor values;
};

/// The weights in the order and under the names that transformers writes for the family.
[[nodiscard]] std::vector<NamedTensor> named_tensors(const model::DecoderConfig& config,
                                                     const model::DecoderWeights& weights);

}  // namespace winnow::training
