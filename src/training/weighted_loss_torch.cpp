#include "training/weighted_loss_torch.hpp"

#include <algorithm>

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>

#include "model/decoder_ops_torch.hpp"
#include "training/cross_entropy_gradient.hpp"
#include "training/products_torch.hpp"

namespace winnow::training {
namespace {

/// Rows whose logits stand at a time.
constexpr std::int64_t kRows = 512;

struct ChunkTargets {
  at::Tensor ids;      ///< [rows, 1] int64
  at::Tensor factors;  ///< [rows, 1]
  double cap = 0;
};

/// The losses of a chunk's rows [rows, 1]; `logits` take their gradient.
at::Tensor go_back(at::Tensor& logits, const ChunkTargets& targets) {
  at::Tensor slope;  // Of the cap.
  if (targets.cap > 0) {
    const at::Tensor bent = logits.div_(targets.cap).tanh_();
    slope = 1 - bent.square();
    logits = bent * targets.cap;
  }
  const at::Tensor sums = at::logsumexp(logits, {1}, true);
  const at::Tensor losses = (sums - logits.gather(1, targets.ids)).cpu();
  logits.sub_(sums).exp_().mul_(targets.factors).scatter_add_(1, targets.ids, -targets.factors);
  if (slope.defined()) logits.mul_(slope);
  return losses;
}

/// The same, each row in one go.
at::Tensor go_back_on_cpu(const at::Tensor& logits, const ChunkTargets& targets) {
  at::Tensor losses = at::empty({logits.size(0), 1}, logits.options());
  const auto width = static_cast<std::size_t>(logits.size(1));
  const std::int64_t* const ids = targets.ids.const_data_ptr<std::int64_t>();
  const float* const factors = targets.factors.const_data_ptr<float>();
  float* const values = logits.mutable_data_ptr<float>();
  float* const out = losses.mutable_data_ptr<float>();
  at::parallel_for(0, logits.size(0), 8, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
      out[row] = cross_entropy_gradient_row({values + static_cast<std::size_t>(row) * width, width},
                                            static_cast<std::size_t>(ids[row]), factors[row],
                                            static_cast<float>(targets.cap));
  });
  return losses;
}

}  // namespace

WeightedLoss weighted_loss(const at::Tensor& hidden, const at::Tensor& head,
                           const at::Tensor& head_gradient, double cap,
                           const std::vector<std::int64_t>& targets,
                           const std::vector<float>& weights, model::Rounding rounding) {
  WeightedLoss result{{}, at::empty_like(hidden)};
  result.losses.reserve(targets.size());
  const at::Tensor wanted = model::index_tensor(targets, hidden.device()).unsqueeze(1);
  const at::Tensor factors =
      at::from_blob(const_cast<float*>(weights.data()), {hidden.size(0), 1}, at::kFloat)
          .to(hidden.device());
  for (std::int64_t row = 0; row < hidden.size(0); row += kRows) {
    const std::int64_t rows = std::min(kRows, hidden.size(0) - row);
    const at::Tensor x = as_operand(hidden.narrow(0, row, rows), head, rounding);
    at::Tensor logits = product_of(x, head);
    const ChunkTargets chunk{wanted.narrow(0, row, rows), factors.narrow(0, row, rows), cap};
    const at::Tensor losses =
        logits.is_cpu() ? go_back_on_cpu(logits, chunk) : go_back(logits, chunk);
    result.losses.insert(result.losses.end(), losses.const_data_ptr<float>(),
                         losses.const_data_ptr<float>() + rows);
    const at::Tensor back = as_operand(logits, head, rounding);
    result.hidden_gradient.narrow(0, row, rows).copy_(product_of(back, head.t()));
    if (head_gradient.defined()) add_product(head_gradient, back.t(), x.t());
  }
  return result;
}

std::vector<float> target_losses(const at::Tensor& hidden, const at::Tensor& head, double cap,
                                 const std::vector<std::int64_t>& targets,
                                 model::Rounding rounding) {
  std::vector<float> result;
  result.reserve(targets.size());
  const at::Tensor wanted = model::index_tensor(targets, hidden.device()).unsqueeze(1);
  for (std::int64_t row = 0; row < hidden.size(0); row += kRows) {
    const std::int64_t rows = std::min(kRows, hidden.size(0) - row);
    const at::Tensor x = as_operand(hidden.narrow(0, row, rows), head, rounding);
    at::Tensor logits = product_of(x, head);
    if (cap > 0) logits = logits.div_(cap).tanh_().mul_(cap);
    const at::Tensor losses =
        (at::logsumexp(logits, {1}, true) - logits.gather(1, wanted.narrow(0, row, rows))).cpu();
    result.insert(result.end(), losses.const_data_ptr<float>(),
                  losses.const_data_ptr<float>() + rows);
  }
  return result;
}

}  // namespace winnow::training
