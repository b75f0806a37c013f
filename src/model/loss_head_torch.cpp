#include "model/loss_head_torch.hpp"

#include <algorithm>
#include <limits>

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/logaddexp.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/zeros.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>

#include "model/decoder_ops_torch.hpp"

namespace winnow::model {
namespace {

// A tile of logits, 1 MiB, fits a core's second-level cache.
constexpr std::int64_t kTileRows = 256;
constexpr std::int64_t kTileVocabulary = 1024;
constexpr std::int64_t kDeviceTileRows = 4096;
constexpr std::int64_t kDeviceTileVocabulary = 8192;

/// Calls visit(first row, first vocabulary entry, logits [tile rows, tile vocabulary]) for every
/// tile, vocabulary outermost.
template <typename Visit>
void for_each_tile(const at::Tensor& hidden, const at::Tensor& head, double cap, Products& products,
                   std::int64_t tile_rows, std::int64_t tile_vocabulary, Visit visit) {
  const at::Tensor buffer =
      at::empty({(tile_rows + kFewestRows - 1) * tile_vocabulary}, hidden.options());
  for (std::int64_t entry = 0; entry < head.size(0); entry += tile_vocabulary) {
    const at::Tensor part =
        products.operand(head.narrow(0, entry, std::min(tile_vocabulary, head.size(0) - entry)));
    std::int64_t rows = 0;
    for (std::int64_t row = 0; row < hidden.size(0); row += rows) {
      rows = next_tile_rows(hidden.size(0) - row, tile_rows);
      const at::Tensor x = hidden.narrow(0, row, rows);
      const at::Tensor logits = buffer.narrow(0, 0, rows * part.size(0)).view({rows, part.size(0)});
      products.multiply_operand(logits, x, part);
      const auto timer = products.clock().time(&PassTimes::losses);
      if (cap > 0) cap_values(logits, cap);
      visit(row, entry, logits);
    }
  }
}

std::vector<float> losses_on_cpu(const at::Tensor& hidden, const at::Tensor& head, double cap,
                                 const std::vector<std::int64_t>& targets, Products& products) {
  std::vector<RunningLogSum> sums(targets.size(), empty_log_sum());
  std::vector<float> losses(targets.size());
  for_each_tile(hidden, head, cap, products, kTileRows, kTileVocabulary,
                [&](std::int64_t row, std::int64_t entry, const at::Tensor& logits) {
                  const auto width = static_cast<std::size_t>(logits.size(1));
                  at::parallel_for(0, logits.size(0), 8, [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t r = begin; r < end; ++r) {
                      const auto at = static_cast<std::size_t>(row + r);
                      const std::span<const float> values(
                          logits.const_data_ptr<float>() + static_cast<std::size_t>(r) * width,
                          width);
                      sums[at].add(values);
                      const std::int64_t target = targets[at] - entry;
                      if (target >= 0 && target < logits.size(1))
                        losses[at] = values[static_cast<std::size_t>(target)];
                    }
                  });
                });
  for (std::size_t at = 0; at < losses.size(); ++at)
    losses[at] = static_cast<float>(sums[at].value() - static_cast<double>(losses[at]));
  return losses;
}

std::vector<float> losses_on_device(const at::Tensor& hidden, const at::Tensor& head, double cap,
                                    const std::vector<std::int64_t>& targets, Products& products) {
  const auto rows = static_cast<std::int64_t>(targets.size());
  const at::Tensor wanted = index_tensor(targets, hidden.device());
  const at::Tensor sums =
      at::full({rows}, -std::numeric_limits<float>::infinity(), hidden.options());
  const at::Tensor chosen = at::zeros({rows}, hidden.options());
  for_each_tile(
      hidden, head, cap, products, kDeviceTileRows, kDeviceTileVocabulary,
      [&](std::int64_t row, std::int64_t entry, const at::Tensor& logits) {
        at::Tensor sum = sums.narrow(0, row, logits.size(0));
        sum.copy_(at::logaddexp(sum, at::logsumexp(logits, 1)));
        const at::Tensor target = wanted.narrow(0, row, logits.size(0)) - entry;
        const at::Tensor inside = target.ge(0).logical_and(target.lt(logits.size(1)));
        const at::Tensor logit =
            logits.gather(1, target.clamp(0, logits.size(1) - 1).unsqueeze(1)).squeeze(1);
        chosen.narrow(0, row, logits.size(0)).add_(logit.masked_fill(inside.logical_not(), 0));
      });
  const at::Tensor losses = (sums - chosen).cpu();
  return {losses.const_data_ptr<float>(), losses.const_data_ptr<float>() + rows};
}

}  // namespace

std::int64_t next_tile_rows(std::int64_t remaining, std::int64_t most) {
  return remaining < most + kFewestRows ? remaining : most;
}

std::vector<float> token_losses(const at::Tensor& hidden, const at::Tensor& head, double cap,
                                const std::vector<std::int64_t>& targets, Products& products) {
  return hidden.is_cpu() ? losses_on_cpu(hidden, head, cap, targets, products)
                         : losses_on_device(hidden, head, cap, targets, products);
}

}  // namespace winnow::model
