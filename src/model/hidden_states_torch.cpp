#include "model/hidden_states_torch.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "model/decoder_ops_torch.hpp"

namespace winnow::model {
namespace {

std::span<const float> row_of(const at::Tensor& hidden, std::int64_t row) {
  return {hidden.const_data_ptr<float>() + row * hidden.size(1),
          static_cast<std::size_t>(hidden.size(1))};
}

}  // namespace

at::Tensor selected_rows(const at::Tensor& hidden, const std::vector<std::int64_t>& rows) {
  const auto count = static_cast<std::int64_t>(rows.size());
  std::int64_t expected = 0;
  if (count == hidden.size(0) &&
      std::ranges::all_of(rows, [&](std::int64_t row) { return row == expected++; }))
    return hidden;
  return hidden.index_select(0, index_tensor(rows, hidden.device()));
}

std::vector<float> mean_of_rows(const at::Tensor& hidden, std::span<const std::int64_t> rows) {
  std::vector<double> sums(static_cast<std::size_t>(hidden.size(1)));
  for (const std::int64_t row : rows)
    std::ranges::transform(sums, row_of(hidden, row), sums.begin(),
                           [](double sum, float value) { return sum + double{value}; });
  std::vector<float> mean(sums.size());
  std::ranges::transform(sums, mean.begin(), [&](double sum) {
    return static_cast<float>(sum / static_cast<double>(rows.size()));
  });
  return mean;
}

std::vector<float> candidate_logits(const at::Tensor& hidden, std::int64_t row,
                                    const at::Tensor& head, double cap,
                                    std::span<const std::int32_t> candidates) {
  const std::span<const float> state = row_of(hidden, row);
  std::vector<float> logits;
  for (const std::int32_t candidate : candidates) {
    const at::Tensor weights = head.select(0, candidate).to(at::kCPU, at::kFloat).contiguous();
    const double logit =
        std::inner_product(state.begin(), state.end(), weights.const_data_ptr<float>(), 0.0,
                           std::plus<>(), [](float a, float b) { return double{a} * double{b}; });
    logits.push_back(static_cast<float>(cap == 0 ? logit : cap * std::tanh(logit / cap)));
  }
  return logits;
}

}  // namespace winnow::model
