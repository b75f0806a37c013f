#include "selection/vector_panels.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace winnow::selection {

double squared_norm(std::span<const float> vector) {
  double sum = 0;
  for (const float x : vector) sum += static_cast<double>(x) * static_cast<double>(x);
  return sum;
}

VectorPanels::VectorPanels(const Vectors& vectors, std::span<const float> centre)
    : vectors_(vectors),
      rows_(centre.empty() ? 0 : vectors.values.size() / centre.size()),
      centre_(centre.begin(), centre.end()),
      values_(core::filled_up_to_tiles(rows_) * centre.size()),
      squared_norms_(rows_) {
  std::vector<std::size_t> rows(rows_);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  for (std::size_t begin = 0; begin < rows_; begin += core::kTileColumns) {
    const std::size_t lanes = std::min(core::kTileColumns, rows_ - begin);
    const std::span<float> panel =
        std::span(values_).subspan(begin * dimension(), core::kTileColumns * dimension());
    fill(std::span(rows).subspan(begin, lanes), panel);
    for (std::size_t i = 0; i < dimension(); ++i)
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        const auto x = static_cast<double>(panel[i * core::kTileColumns + lane]);
        squared_norms_[begin + lane] += x * x;
      }
  }
}

void VectorPanels::fill(std::span<const std::size_t> rows, std::span<float> panel) const {
  for (std::size_t i = 0; i < dimension(); ++i)
    for (std::size_t lane = 0; lane < rows.size(); ++lane)
      panel[i * core::kTileColumns + lane] =
          vectors_.values[rows[lane] * dimension() + i] - centre_[i];
}

std::vector<float> VectorPanels::gather(std::span<const std::size_t> rows) const {
  std::vector<float> panel(dimension() * core::kTileColumns);
  fill(rows, panel);
  return panel;
}

double VectorPanels::distance_error(double squared_norms) const {
  // With a and b the two vectors, u half a unit in the last place of 1 and s = |a|^2 + |b|^2, which
  // is at least 2 |a||b|: rounding the elements less the centre adds 2 u s to the norms and to the
  // product, summing the product `dimension` u s (Higham 2002, section 3.1), half a norm in float32
  // and taking the product from it 3 u s; one more u s and the factor are for terms of second order
  // and for float64. The last term is for products below the smallest normal number.
  constexpr double kSafe = 1e37;
  if (!(squared_norms < kSafe)) return std::numeric_limits<double>::infinity();
  const double roundings = static_cast<double>(dimension()) + 8;
  return 1.01 * roundings *
         (squared_norms * std::numeric_limits<float>::epsilon() / 2 +
          2 * static_cast<double>(std::numeric_limits<float>::denorm_min()));
}

}  // namespace winnow::selection
