#include "model/loss_head_torch.hpp"

#include <cmath>

#include <ATen/ops/arange.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

namespace winnow::model {
namespace {

TEST(LossHead, LeavesNoTileOfTooFewRows) {
  for (std::int64_t rows = kFewestRows; rows < 1200; ++rows) {
    std::int64_t done = 0;
    while (done < rows) {
      const std::int64_t tile = next_tile_rows(rows - done, 256);
      EXPECT_GE(tile, kFewestRows) << rows << " rows";
      EXPECT_LT(tile, 256 + kFewestRows);
      done += tile;
    }
    EXPECT_EQ(done, rows);
  }
}

TEST(LossHead, LosesNoRowAtTheEdgesOfItsTiles) {
  Products products(Arithmetic::fp32, PassClock(at::kCPU, false));
  const at::Tensor head = at::arange(1300 * 8, at::kFloat).view({1300, 8}).sin();
  for (const std::int64_t rows : {16, 255, 256, 257, 271, 272, 273, 530}) {
    const at::Tensor hidden = at::arange(rows * 8, at::kFloat).view({rows, 8}).cos();
    std::vector<std::int64_t> targets;
    for (std::int64_t row = 0; row < rows; ++row) targets.push_back(row * 37 % 1300);
    const at::Tensor expected = at::log_softmax(hidden.matmul(head.t()), 1);
    const std::vector<float> losses = token_losses(hidden, head, 0, targets, products);
    for (std::int64_t row = 0; row < rows; ++row) {
      const auto at = static_cast<std::size_t>(row);
      EXPECT_NEAR(losses[at], -expected[row][targets[at]].item<float>(), 1e-5) << row;
    }
  }
}

}  // namespace
}  // namespace winnow::model
