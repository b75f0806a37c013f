#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/products_torch.hpp"

namespace winnow::model {

/// Rows of the next tile: `most`, or all that remain where fewer than kFewestRows would be left.
[[nodiscard]] std::int64_t next_tile_rows(std::int64_t remaining, std::int64_t most);

/// -ln softmax(hidden head^T)[target] of each row, in nats; the logits exist one tile of rows x
/// vocabulary at a time, their log-sum-exp is carried from tile to tile.
///
/// @param hidden   [rows, width] float32
/// @param head     [vocabulary, width]
/// @param cap      logits become cap * tanh(logit / cap); 0: they stay
/// @param targets  [rows], each below `vocabulary`
/// @returns        [rows]
[[nodiscard]] std::vector<float> token_losses(const at::Tensor& hidden, const at::Tensor& head,
                                              double cap, const std::vector<std::int64_t>& targets,
                                              Products& products);

}  // namespace winnow::model
