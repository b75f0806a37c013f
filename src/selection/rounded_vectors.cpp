#include "selection/rounded_vectors.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/byte_product.hpp"
#include "core/vector_clones.hpp"
#include "selection/similarity.hpp"

namespace winnow::selection {
namespace {

/// Taken for float32 in a unit vector's elements, in the bound made of an exact sum of bytes, and
/// in a limit that it is compared with: each a few units of 2^-24 of what is at most 5.
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
  double squares = 0;       ///< of the bytes
  double squares_left = 0;  ///< the squared length of what rounding takes
};

/// Writes the nearest multiples of `step`; both rows are a multiple of kLanes long.
WINNOW_VECTOR_CLONES RoundedBytes round_to_bytes(std::span<const float> unit, float step,
                                                 std::span<std::int8_t> bytes) {
  const float per_step = 1 / step;
  std::int32_t sums[kLanes] = {};
  std::int32_t byte_squares[kLanes] = {};
  double squares_left[kLanes] = {};
  for (std::size_t first = 0; first < unit.size(); first += kLanes)
#pragma omp simd
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const float x = unit[first + lane];
      // Cut off above 0: rounded to the nearest.
      const std::int32_t nearest =
          static_cast<std::int32_t>(x * per_step + (kByteShift + 0.5F)) - kByteShift;
      const std::int32_t rounded = nearest > 127 ? 127 : nearest < -127 ? -127 : nearest;
      const double left = static_cast<double>(x) - static_cast<double>(step) * rounded;
      bytes[first + lane] = static_cast<std::int8_t>(rounded);
      sums[lane] += rounded;
      byte_squares[lane] += rounded * rounded;
      squares_left[lane] += left * left;
    }
  RoundedBytes result;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    result.sum += sums[lane];
    result.squares += byte_squares[lane];
    result.squares_left += squares_left[lane];
  }
  return result;
}

WINNOW_VECTOR_CLONES double squared_length(std::span<const float> vector) {
  double squares = 0;
#pragma omp simd reduction(+ : squares)
  for (std::size_t i = 0; i < vector.size(); ++i)
    squares += static_cast<double>(vector[i]) * static_cast<double>(vector[i]);
  return squares;
}

/// What follows each part, from the squared lengths of what it adds to the part before.
void write_rests(std::span<const double, kParts> squares, std::span<float> rest) {
  constexpr double kAtLeast = 1 + 0x1p-20;  // after all roundings of it and of a product
  double following = 0;
  for (std::size_t part = kParts; part-- > 0;) {
    rest[part] = static_cast<float>(std::sqrt(following) * kAtLeast);
    following += squares[part];
  }
}

}  // namespace

std::size_t depth_of(std::size_t dimension, BoundForm form) {
  return form == BoundForm::bytes ? filled_up_to_lanes(dimension) : dimension;
}

std::size_t part_end(std::size_t depth, std::size_t part) {
  constexpr std::array<std::size_t, kParts> kEighths{2, 3, 4, 6, 8};
  return std::min(depth, filled_up_to_lanes(depth * kEighths[part] / 8));
}

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
  rounded.depth = depth_of(dimension, form);
  rounded.shift.assign(rows.size() * kParts, 0);
  rounded.step.assign(rows.size(), 1);
  rounded.error.assign(rows.size(), static_cast<float>(product_error(dimension) / 2 + kSlack));
  rounded.rest.resize(rows.size() * kParts);
  if (in_bytes) rounded.byte.resize(rows.size() * rounded.depth);
  rounded.unit.resize((in_bytes ? 1 : rows.size()) * rounded.depth);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const double length = norm[rows[r]];
    const auto unit =
        std::span(rounded.unit).subspan(in_bytes ? 0 : r * rounded.depth, rounded.depth);
    const float largest = scale(vectors[rows[r]], length == 0 ? 0.0 : 1 / length, unit);
    const float step = largest == 0 ? 1 : largest / 127;
    std::array<double, kParts> squares{};
    RoundedBytes whole;
    for (std::size_t part = 0, begin = 0; part < kParts; ++part) {
      const std::size_t count = part_end(rounded.depth, part) - begin;
      if (in_bytes) {
        const RoundedBytes bytes =
            round_to_bytes(unit.subspan(begin, count), step,
                           std::span(rounded.byte).subspan(r * rounded.depth + begin, count));
        whole.sum += bytes.sum;
        whole.squares_left += bytes.squares_left;
        squares[part] = static_cast<double>(step) * static_cast<double>(step) * bytes.squares;
        rounded.shift[r * kParts + part] = kByteShift * whole.sum;
      } else {
        squares[part] = squared_length(unit.subspan(begin, count));
      }
      begin += count;
    }
    write_rests(squares, std::span(rounded.rest).subspan(r * kParts, kParts));
    if (!in_bytes) continue;
    const double left = std::sqrt(whole.squares_left);
    rounded.step[r] = step;
    rounded.error[r] = static_cast<float>(left + left * left / 2 + kSlack);
  }
  return rounded;
}

}  // namespace winnow::selection
