#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/tile_product.hpp"
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

/// Vectors at length 1 in which each element is a float32, or a byte times the vector's `step`.
///
/// `error` bounds how far that lets products lie from the `cosine_similarity` of the vectors: the
/// product of two, and what float32 makes of it, is off by at most the sum of their errors. With x
/// and y the unit vectors and p and q what rounding takes from them,
///   x.y - (x - p).(y - q) = p.y + x.q - p.q,
/// at most |p| + |q| + |p||q| (Cauchy-Schwarz), and |p||q| at most (|p|^2 + |q|^2) / 2. The lengths
/// |p| are those of the rounded vectors themselves; sums of float32 are off by `product_error`.
struct RoundedVectors {
  BoundForm form = BoundForm::floats;
  std::size_t depth = 0;            ///< the dimension; of bytes, filled up with zeros
  std::vector<float> unit;          ///< [n, depth], or:
  std::vector<std::int8_t> byte;    ///< [n, depth], -127 to 127
  std::vector<std::int32_t> shift;  ///< [n] 128 times the sum of a row's bytes
  std::vector<float> step;          ///< [n] 1 for floats
  std::vector<float> error;         ///< [n]
};

/// @param rows  of `vectors`, in the order of the result
/// @param norm  of all `vectors`; those without length become zeros
[[nodiscard]] RoundedVectors round_to_unit(const Vectors& vectors, std::span<const double> norm,
                                           std::span<const std::size_t> rows, BoundForm form);

/// Upper bounds of the cosines of rows with the vectors of one panel.
struct UpperBounds {
  std::vector<float> value;       ///< [rows, core::kTileColumns]
  std::vector<float> largest;     ///< [rows]
  std::vector<std::int32_t> sum;  ///< of bytes, the same before they are bounds
};

/// Rounded vectors, laid out as the second matrix of a product; the last panel is filled up with
/// zeros.
class CosineBounds {
 public:
  CosineBounds(std::size_t dimension, BoundForm form) : dimension_(dimension), form_(form) {}

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] BoundForm form() const { return form_; }
  /// Memory for so many vectors, so that none is needed to grow.
  void reserve(std::size_t vectors);
  void add(const RoundedVectors& rounded, std::size_t row);
  void clear();
  /// Of each row with vectors [panel * core::kTileColumns, ...): what the cosine less the row's
  /// `error` is at most. Rows and vectors have one form and dimension.
  void bound(const RoundedVectors& rows, std::size_t panel, UpperBounds& bounds) const;

 private:
  std::size_t dimension_;
  BoundForm form_;
  std::size_t size_ = 0;
  std::vector<float> unit_;         ///< [panels][depth][kTileColumns], or:
  std::vector<std::uint8_t> byte_;  ///< plus 128, as panels of core/byte_product.hpp
  std::vector<float> step_;         ///< [panels][kTileColumns]
  std::vector<float> error_;        ///< [panels][kTileColumns]
};

}  // namespace winnow::selection
