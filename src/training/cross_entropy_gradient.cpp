#include "training/cross_entropy_gradient.hpp"

#include "core/vector_clones.hpp"
#include "model/exponential.hpp"
#include "model/row_kernels.hpp"

namespace winnow::training {
namespace {

WINNOW_VECTOR_CLONES void scaled_softmax(float* logits, std::size_t size, float log_sum,
                                         float factor) {
#pragma omp simd
  for (std::size_t i = 0; i < size; ++i)
    logits[i] = factor * model::exponential(logits[i] - log_sum);
}

/// Through the cap: the derivative there is 1 - (capped / limit)^2.
WINNOW_VECTOR_CLONES void capped_softmax(float* capped, std::size_t size, float log_sum,
                                         float factor, float limit) {
#pragma omp simd
  for (std::size_t i = 0; i < size; ++i) {
    const float bent = capped[i] / limit;
    capped[i] = factor * model::exponential(capped[i] - log_sum) * (1.0F - bent * bent);
  }
}

}  // namespace

float cross_entropy_gradient_row(std::span<float> logits, std::size_t target, float factor,
                                 float limit) {
  if (limit > 0) model::cap_rows(logits, limit);
  model::RunningLogSum sum = model::empty_log_sum();
  sum.add(logits);
  const auto log_sum = static_cast<float>(sum.value());
  const float wanted = logits[target];
  if (limit > 0) {
    capped_softmax(logits.data(), logits.size(), log_sum, factor, limit);
    const float bent = wanted / limit;
    logits[target] -= factor * (1.0F - bent * bent);
  } else {
    scaled_softmax(logits.data(), logits.size(), log_sum, factor);
    logits[target] -= factor;
  }
  return static_cast<float>(sum.value() - static_cast<double>(wanted));
}

}  // namespace winnow::training
