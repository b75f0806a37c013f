#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/tile_product.hpp"
#include "selection/rounded_vectors.hpp"

namespace winnow::selection {

/// Upper bounds of the cosines of rows with the vectors of one panel.
struct UpperBounds {
  std::vector<float> value;    ///< [rows, core::kTileColumns]
  std::vector<float> largest;  ///< [rows]
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
  /// @param limits  [rows] Where leading parts show that no bound of a row is above its limit, its
  ///     bounds may be looser than they need be, and `largest` is the limit.
  void bound(const RoundedVectors& rows, std::size_t panel, std::span<const float> limits,
             UpperBounds& bounds) const;

 private:
  std::size_t dimension_;
  BoundForm form_;
  std::size_t size_ = 0;
  std::vector<float> unit_;         ///< [panels][depth][kTileColumns], or:
  std::vector<std::uint8_t> byte_;  ///< plus 128, as panels of core/byte_product.hpp
  std::vector<float> step_;         ///< [panels][kTileColumns]
  std::vector<float> error_;        ///< [panels][kTileColumns]
  std::vector<float> rest_;         ///< [panels][kParts][kTileColumns]
};

}  // namespace winnow::selection
