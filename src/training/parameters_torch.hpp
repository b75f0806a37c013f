#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/decoder_weights_torch.hpp"
#include "model/model_config.hpp"
#include "training/adapter_torch.hpp"
#include "training/weight_range.hpp"

namespace winnow::training {

/// What is trained of a decoder in one flat float32 tensor, and the gradients in another of the
/// same order, so that optimizer and exchange see plain ranges of numbers. Tied matrices stand
/// once; those that are one product stand together.
struct Parameters {
  at::Tensor values;               ///< [n]
  at::Tensor gradients;            ///< [n]
  model::DecoderWeights weights;   ///< looks at `values`, or is frozen
  model::DecoderWeights gradient;  ///< the same places of `gradients`; undefined what is frozen
  std::vector<LayerAdapters> adapters;  ///< of each layer, over frozen weights
  /// One for each tensor, in order; weight decay is for matrices, neither for norms nor for biases,
  /// as transformers' Trainer has it.
  std::vector<WeightRange> ranges;
  /// Where each layer's tensors begin: behind those of the layers before it, and what a way back
  /// reaches after it stands before all layers'. [layers]
  std::vector<std::int64_t> layer_begins;
};

/// @param weights  float32, whole matrices (model::Arithmetic::fp32)
[[nodiscard]] Parameters flat_parameters(const model::DecoderConfig& config,
                                         const model::DecoderWeights& weights);

/// Zeroes the gradients that every way back adds to: all but those of the layers' matrices, which
/// the first way back writes.
void clear_added_gradients(const model::DecoderConfig& config, const Parameters& parameters);

/// A tensor as the model's files name and shape it.
struct NamedTensor {
  std::string name;
  at::Tensor values;
  std::function<at::Tensor()> added = {};  ///< what an adapter adds to the values; empty: nothing
};

/// The weights in the order and under the names that transformers writes for the family.
/// @param adapters  of each layer, or empty: of a model that is merged as it is written
[[nodiscard]] std::vector<NamedTensor> named_tensors(const model::DecoderConfig& config,
                                                     const model::DecoderWeights& weights,
                                                     std::vector<LayerAdapters> adapters = {});

/// Rows of a product as the module's matrix in the files has them.
[[nodiscard]] at::Tensor rows_of_module(const model::LinearModule& module, const at::Tensor& rows);

}  // namespace winnow::training
