#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

namespace winnow::model {

// What is read out of final hidden states [rows, width] float32 beside losses.

/// hidden[rows]; `hidden` itself where these are all its rows in their order.
[[nodiscard]] at::Tensor selected_rows(const at::Tensor& hidden,
                                       const std::vector<std::int64_t>& rows);

/// Mean of some rows, summed in float64. `hidden` on the CPU. [width]
[[nodiscard]] std::vector<float> mean_of_rows(const at::Tensor& hidden,
                                              std::span<const std::int64_t> rows);

/// The logits of a few tokens after row `row`, summed in float64, so that they do not depend on the
/// other rows; `cap` as in token_losses. `hidden` on the CPU; `head` [vocabulary, width].
/// [candidates]
[[nodiscard]] std::vector<float> candidate_logits(const at::Tensor& hidden, std::int64_t row,
                                                  const at::Tensor& head, double cap,
                                                  std::span<const std::int32_t> candidates);

}  // namespace winnow::model
