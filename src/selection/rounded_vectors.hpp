#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "selection/vectors.hpp"

namespace winnow::selection {

/// The numbers in which products are computed that tell which cosines need not be: bytes up to a
/// dimension of core::kMostByteDepth.
enum class BoundForm { bytes, floats };

/// Bytes of a vector's element in this form.
[[nodiscard]] constexpr std::size_t element_bytes(BoundForm form) {
  return form == BoundForm::bytes ? 1 : 4;
}

/// Bytes where the processor has fast products of them (core/byte_product.hpp).
[[nodiscard]] BoundForm fastest_form(std::size_t dimension);

/// The dimension; of bytes, filled up to a multiple of 16.
[[nodiscard]] std::size_t depth_of(std::size_t dimension, BoundForm form);

/// What a byte is raised by where all of them must be positive.
constexpr int kByteShift = 128;

/// Leading parts of the vectors, the last of them whole, whose products alone may show that cosines
/// are small.
constexpr std::size_t kParts = 5;
/// How many elements a part has.
[[nodiscard]] std::size_t part_end(std::size_t depth, std::size_t part);

/// Vectors at length 1 in which each element is a float32, or a byte times the vector's `step`.
///
/// `error` bounds how far that lets products lie from the `cosine_similarity` of the vectors: the
/// product of two, and what float32 makes of it, is off by at most the sum of their errors. With x
/// and y the unit vectors and p and q what rounding takes from them,
///   x.y - (x - p).(y - q) = p.y + x.q - p.q,
/// at most |p| + |q| + |p||q| (Cauchy-Schwarz), and |p||q| at most (|p|^2 + |q|^2) / 2. The lengths
/// |p| are those of the rounded vectors themselves; sums of float32 are off by `product_error`.
///
/// What follows a leading part of two vectors adds at most the product of its lengths, `rest`.
struct RoundedVectors {
  BoundForm form = BoundForm::floats;
  std::size_t depth = 0;          ///< depth_of the dimension; filled up with zeros
  std::vector<float> unit;        ///< [n, depth], or:
  std::vector<std::int8_t> byte;  ///< [n, depth], -127 to 127
  std::vector<std::int32_t>
      shift;                 ///< [n, kParts] kByteShift times the sum of a leading part's bytes
  std::vector<float> step;   ///< [n] 1 for floats
  std::vector<float> error;  ///< [n]
  std::vector<float> rest;   ///< [n, kParts] at least the length of what follows the part
};

/// @param rows  of `vectors`, in the order of the result
/// @param norm  of all `vectors`; those without length become zeros
[[nodiscard]] RoundedVectors round_to_unit(const Vectors& vectors, std::span<const double> norm,
                                           std::span<const std::size_t> rows, BoundForm form);

}  // namespace winnow::selection
