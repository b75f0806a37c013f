#include "selection/cosine_bounds.hpp"

#include <algorithm>
#include <cmath>

#include "core/byte_product.hpp"
#include "core/vector_clones.hpp"
#include "selection/similarity.hpp"

namespace winnow::selection {
namespace {

using core::kByteGroup;
using core::kTileColumns;

/// What a panel's bytes stand above those of its vectors.
constexpr int kShift = 128;
/// Taken for float32 in a unit vector's elements, in the bound made of an exact sum of bytes, and
/// in a limit that it is compared with: each a few units of 2^-24 of what is at most 3.
constexpr double kSlack = 0x1p-19;
constexpr std::size_t kLanes = 16;

WINNOW_VECTOR_CLONES void scale(std::span<const float> vector, double factor,
                                std::span<float> unit) {
  for (std::size_t i = 0; i < vector.size(); ++i)
    unit[i] = static_cast<float>(static_cast<double>(vector[i]) * factor);
}

WINNOW_VECTOR_CLONES float largest_magnitude(std::span<const float> unit) {
  float largest[kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= unit.size(); i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const float magnitude = std::abs(unit[i + lane]);
      largest[lane] = magnitude > largest[lane] ? magnitude : largest[lane];
    }
  for (; i < unit.size(); ++i) largest[0] = std::max(largest[0], std::abs(unit[i]));
  return *std::ranges::max_element(largest);
}

/// Writes the nearest multiples of `step`. @returns the squared length of what that leaves
WINNOW_VECTOR_CLONES double round_to_bytes(std::span<const float> unit, float step,
                                           std::span<std::int8_t> bytes) {
  const float per_step = 1 / step;
  for (std::size_t i = 0; i < unit.size(); ++i) {
    // Cut off above 0: rounded to the nearest.
    const int rounded = static_cast<int>(unit[i] * per_step + (kShift + 0.5F)) - kShift;
    bytes[i] = static_cast<std::int8_t>(std::clamp(rounded, -127, 127));
  }
  double squares[kLanes] = {};
  for (std::size_t i = 0; i < unit.size(); i += kLanes)
    for (std::size_t lane = 0; lane < std::min(kLanes, unit.size() - i); ++lane) {
      const double rest =
          static_cast<double>(unit[i + lane]) - static_cast<double>(step) * bytes[i + lane];
      squares[lane] += rest * rest;
    }
  double sum = 0;
  for (const double part : squares) sum += part;
  return sum;
}

/// The largest value of each row.
[[gnu::always_inline]] inline void find_largest(UpperBounds& bounds) {
  for (std::size_t r = 0; r < bounds.largest.size(); ++r) {
    const float* const value = bounds.value.data() + r * kTileColumns;
    float largest[kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      largest[lane] = value[lane] > value[kLanes + lane] ? value[lane] : value[kLanes + lane];
    for (std::size_t width = kLanes / 2; width > 0; width /= 2)
      for (std::size_t lane = 0; lane < width; ++lane)
        largest[lane] =
            largest[lane + width] > largest[lane] ? largest[lane + width] : largest[lane];
    bounds.largest[r] = largest[0];
  }
}

WINNOW_VECTOR_CLONES void bound_bytes(const RoundedVectors& rows, const float* step,
                                      const float* error, UpperBounds& bounds) {
  for (std::size_t r = 0; r < bounds.largest.size(); ++r) {
    const std::int32_t* const sum = bounds.sum.data() + r * kTileColumns;
    float* const value = bounds.value.data() + r * kTileColumns;
    const std::int32_t shift = rows.shift[r];
    const float row_step = rows.step[r];
#pragma omp simd
    for (std::size_t j = 0; j < kTileColumns; ++j)
      value[j] = static_cast<float>(sum[j] - shift) * (row_step * step[j]) + error[j];
  }
  find_largest(bounds);
}

WINNOW_VECTOR_CLONES void bound_floats(const float* error, UpperBounds& bounds) {
  for (std::size_t r = 0; r < bounds.largest.size(); ++r) {
    float* const value = bounds.value.data() + r * kTileColumns;
#pragma omp simd
    for (std::size_t j = 0; j < kTileColumns; ++j) value[j] += error[j];
  }
  find_largest(bounds);
}

}  // namespace

BoundForm fastest_form(std::size_t dimension) {
  return core::has_fast_byte_products() && dimension <= core::kMostByteDepth ? BoundForm::bytes
                                                                             : BoundForm::floats;
}

RoundedVectors round_to_unit(const Vectors& vectors, std::span<const double> norm,
                             std::span<const std::size_t> rows, BoundForm form) {
  const std::size_t dimension = vectors.dimension;
  const bool in_bytes = form == BoundForm::bytes;
  RoundedVectors rounded;
  rounded.form = form;
  rounded.depth = in_bytes ? core::filled_up_to_groups(dimension) : dimension;
  rounded.shift.assign(rows.size(), 0);
  rounded.step.assign(rows.size(), 1);
  rounded.error.assign(rows.size(), static_cast<float>(product_error(dimension) / 2 + kSlack));
  if (in_bytes) rounded.byte.resize(rows.size() * rounded.depth);
  rounded.unit.resize((in_bytes ? 1 : rows.size()) * dimension);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const double length = norm[rows[r]];
    const auto unit = std::span(rounded.unit).subspan(in_bytes ? 0 : r * dimension, dimension);
    scale(vectors[rows[r]], length == 0 ? 0.0 : 1 / length, unit);
    if (!in_bytes) continue;
    const auto bytes = std::span(rounded.byte).subspan(r * rounded.depth, dimension);
    rounded.step[r] = length == 0 ? 1 : largest_magnitude(unit) / 127;
    const double left = std::sqrt(round_to_bytes(unit, rounded.step[r], bytes));
    rounded.error[r] = static_cast<float>(left + left * left / 2 + kSlack);
    int sum = 0;
    for (const std::int8_t byte : bytes) sum += byte;
    rounded.shift[r] = kShift * sum;
  }
  return rounded;
}

void CosineBounds::add(const RoundedVectors& rounded, std::size_t row) {
  const std::size_t place = size_ % kTileColumns;
  const std::size_t depth = rounded.depth;
  const bool in_bytes = form_ == BoundForm::bytes;
  if (place == 0) {
    step_.resize(size_ + kTileColumns);
    error_.resize(size_ + kTileColumns);
    if (in_bytes)
      byte_.resize((size_ + kTileColumns) * depth);
    else
      unit_.resize((size_ + kTileColumns) * depth);
  }
  step_[size_] = rounded.step[row];
  error_[size_] = rounded.error[row];
  const std::size_t panel = (size_ - place) * depth;
  if (in_bytes) {
    const std::int8_t* const bytes = rounded.byte.data() + row * depth;
    std::uint8_t* const column = byte_.data() + panel + place * kByteGroup;
    for (std::size_t k = 0; k < depth; k += kByteGroup)
      for (std::size_t i = 0; i < kByteGroup; ++i)
        column[k * kTileColumns + i] = static_cast<std::uint8_t>(bytes[k + i] + kShift);
  } else {
    for (std::size_t k = 0; k < depth; ++k)
      unit_[panel + k * kTileColumns + place] = rounded.unit[row * depth + k];
  }
  ++size_;
}

void CosineBounds::bound(const RoundedVectors& rows, std::size_t panel, UpperBounds& bounds) const {
  const std::size_t count = rows.step.size();
  const std::size_t first = panel * kTileColumns;
  bounds.value.resize(count * kTileColumns);
  bounds.largest.resize(count);
  if (form_ == BoundForm::bytes) {
    bounds.sum.resize(count * kTileColumns);
    core::multiply(rows.byte.data(), byte_.data() + first * rows.depth, count, rows.depth,
                   bounds.sum.data());
    bound_bytes(rows, step_.data() + first, error_.data() + first, bounds);
  } else {
    core::multiply({rows.unit.data(), rows.depth},
                   {unit_.data() + first * rows.depth, kTileColumns}, count, rows.depth,
                   kTileColumns, {bounds.value.data(), kTileColumns});
    bound_floats(error_.data() + first, bounds);
  }
}

}  // namespace winnow::selection
