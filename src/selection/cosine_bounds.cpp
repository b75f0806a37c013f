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
/// Elements that are worked on together; rows of bytes are filled up to a multiple.
constexpr std::size_t kLanes = 16;

std::size_t filled_up_to_lanes(std::size_t count) { return (count + kLanes - 1) / kLanes * kLanes; }

/// @returns the largest magnitude
WINNOW_VECTOR_CLONES float scale(std::span<const float> vector, double factor,
                                 std::span<float> unit) {
  float largest = 0;
#pragma omp simd reduction(max : largest)
  for (std::size_t i = 0; i < vector.size(); ++i) {
    unit[i] = static_cast<float>(static_cast<double>(vector[i]) * factor);
    largest = std::max(largest, std::abs(unit[i]));
  }
  return largest;
}

struct RoundedBytes {
  std::int32_t sum = 0;
  double squares_left = 0;  ///< the squared length of what rounding takes
};

/// Writes the nearest multiples of `step`; both rows are a multiple of kLanes long.
WINNOW_VECTOR_CLONES RoundedBytes round_to_bytes(std::span<const float> unit, float step,
                                                 std::span<std::int8_t> bytes) {
  const float per_step = 1 / step;
  std::int32_t sums[kLanes] = {};
  double squares[kLanes] = {};
  for (std::size_t first = 0; first < unit.size(); first += kLanes)
#pragma omp simd
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const float x = unit[first + lane];
      // Cut off above 0: rounded to the nearest.
      const std::int32_t nearest =
          static_cast<std::int32_t>(x * per_step + (kShift + 0.5F)) - kShift;
      const std::int32_t rounded = nearest > 127 ? 127 : nearest < -127 ? -127 : nearest;
      const double left = static_cast<double>(x) - static_cast<double>(step) * rounded;
      bytes[first + lane] = static_cast<std::int8_t>(rounded);
      sums[lane] += rounded;
      squares[lane] += left * left;
    }
  RoundedBytes result;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    result.sum += sums[lane];
    result.squares_left += squares[lane];
  }
  return result;
}

/// The largest value of each row.
[[gnu::always_inline]] inline void find_largest(UpperBounds& bounds) {
  for (std::size_t r = 0; r < bounds.largest.size(); ++r) {
    const float* const value = bounds.value.data() + r * kTileColumns;
    float largest = value[0];
#pragma omp simd reduction(max : largest)
    for (std::size_t j = 0; j < kTileColumns; ++j) largest = std::max(largest, value[j]);
    bounds.largest[r] = largest;
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
  rounded.depth = in_bytes ? filled_up_to_lanes(dimension) : dimension;
  rounded.shift.assign(rows.size(), 0);
  rounded.step.assign(rows.size(), 1);
  rounded.error.assign(rows.size(), static_cast<float>(product_error(dimension) / 2 + kSlack));
  if (in_bytes) rounded.byte.resize(rows.size() * rounded.depth);
  rounded.unit.resize((in_bytes ? 1 : rows.size()) * rounded.depth);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const double length = norm[rows[r]];
    const auto unit =
        std::span(rounded.unit).subspan(in_bytes ? 0 : r * rounded.depth, rounded.depth);
    const float largest = scale(vectors[rows[r]], length == 0 ? 0.0 : 1 / length, unit);
    if (!in_bytes) continue;
    const float step = largest == 0 ? 1 : largest / 127;
    const RoundedBytes bytes = round_to_bytes(
        unit, step, std::span(rounded.byte).subspan(r * rounded.depth, rounded.depth));
    const double left = std::sqrt(bytes.squares_left);
    rounded.step[r] = step;
    rounded.error[r] = static_cast<float>(left + left * left / 2 + kSlack);
    rounded.shift[r] = kShift * bytes.sum;
  }
  return rounded;
}

void CosineBounds::reserve(std::size_t vectors) {
  const std::size_t columns = core::filled_up_to_tiles(vectors);
  if (form_ == BoundForm::bytes)
    byte_.reserve(columns * filled_up_to_lanes(dimension_));
  else
    unit_.reserve(columns * dimension_);
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

void CosineBounds::clear() {
  size_ = 0;
  unit_.clear();
  byte_.clear();
  step_.clear();
  error_.clear();
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
