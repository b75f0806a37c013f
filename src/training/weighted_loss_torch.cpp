#include "training/weighted_loss_torch.hpp"

#include <algorithm>

#include <ATen/ops/empty_like.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/mm.h>
#include <ATen/TensorOperators.h>

#include "model/decoder_ops_torch.hpp"

namespace winnow::training {
namespace {

/// Rows whose logits stand at a time.
constexpr std::int64_t kRows = 256;

at::Tensor as_operand(const at::Tensor& x, const at::Tensor& weight, model::Rounding rounding) {
  if (x.scalar_type() != weight.scalar_type()) return x.to(weight.scalar_type());
  return rounding == model::Rounding::bf16 ? x.to(at::kBFloat16).to(at::kFloat) : x;
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
  at::Tensor head_sum = head_gradient;
  for (std::int64_t row = 0; row < hidden.size(0); row += kRows) {
    const std::int64_t rows = std::min(kRows, hidden.size(0) - row);
    const at::Tensor x = as_operand(hidden.narrow(0, row, rows), head, rounding);
    at::Tensor logits = at::mm(x, head.t()).to(at::kFloat);
    at::Tensor slope;  // Of the cap.
    if (cap > 0) {
      const at::Tensor bent = logits.div_(cap).tanh_();
      slope = 1 - bent.square();
      logits = bent * cap;
    }
    const at::Tensor target = wanted.narrow(0, row, rows), factor = factors.narrow(0, row, rows);
    const at::Tensor sums = at::logsumexp(logits, {1}, true);
    const at::Tensor losses = (sums - logits.gather(1, target)).cpu();
    result.losses.insert(result.losses.end(), losses.const_data_ptr<float>(),
                         losses.const_data_ptr<float>() + rows);
    at::Tensor back = logits.sub_(sums).exp_().mul_(factor);
    back.scatter_add_(1, target, -factor);
    if (slope.defined()) back.mul_(slope);
    back = as_operand(back, head, rounding);
    result.hidden_gradient.narrow(0, row, rows).copy_(at::mm(back, head));
    if (!head_sum.defined()) continue;
    if (back.scalar_type() == at::kFloat)
      head_sum.addmm_(back.t(), x);
    else
      head_sum.add_(at::mm(back.t(), x));
  }
  return result;
}

}  // namespace winnow::training
