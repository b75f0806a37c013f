#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/decoder_ops_torch.hpp"
#include "model/model_config.hpp"
#include "model/packed_batch.hpp"
#include "training/layer_functions_torch.hpp"
#include "training/parameters_torch.hpp"

namespace winnow::training {

/// Told, on the way back of a pass, that the gradients from here on take nothing more of it.
using WholeFrom = std::function<void(std::int64_t begin)>;

/// A decoder whose passes can be gone back through: the gradients of all weights are added up in
/// Parameters::gradients from begin_gradients() on. The numbers of a pass are those of
/// model::Decoder but for the last bits.
class TrainableDecoder {
 public:
  /// @param rounding       bf16: inputs of products and the gradients that go into products are
  ///                       rounded to it, and so must be the weights
  /// @param checkpointing  a layer's inner values are computed again on the way back, not kept
  TrainableDecoder(model::DecoderConfig config, Parameters& parameters, model::Rounding rounding,
                   bool checkpointing);

  /// One micro-batch on its way.
  struct Pass {
    at::Tensor embedded;  ///< [rows, hidden_size]: what the first layer read
    at::Tensor hidden;    ///< [scored_rows, hidden_size]: float32, of the batch's scored rows
    std::vector<at::Tensor> table_rows;                             ///< of each rotary table
    std::deque<std::function<at::Tensor(const at::Tensor&)>> runs;  ///< of checkpointed layers
  };
  /// @param noise  added to the embeddings, [rows, hidden_size]; undefined: none
  [[nodiscard]] Pass forward(const model::PackedBatch& batch, const at::Tensor& noise);

  /// Forgets the gradients that there are. A way back must follow.
  void begin_gradients();
  /// @param gradient  of the loss with respect to `hidden`
  /// @param whole     called behind each layer with Parameters::layer_begins; empty: nobody asks
  void backward(const model::PackedBatch& batch, const Pass& pass, const at::Tensor& gradient,
                const WholeFrom& whole = {});

  [[nodiscard]] const model::DecoderConfig& config() const { return config_; }

 private:
  [[nodiscard]] at::Tensor embed(const model::PackedBatch& batch) const;

  model::DecoderConfig config_;
  Parameters& parameters_;
  ProductOptions products_;
  bool checkpointing_;
  WholeFrom whole_;  ///< of the way back that is under way
  std::vector<model::RotaryTable> rotaries_;
};

}  // namespace winnow::training
