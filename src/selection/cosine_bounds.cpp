#include "selection/cosine_bounds.hpp"

#include <algorithm>
#include <array>

#include "core/byte_product.hpp"
#include "core/vector_clones.hpp"

namespace winnow::selection {
namespace {

using core::kByteGroup;
using core::kTileColumns;

/// Rows whose products with a panel are computed together.
constexpr std::size_t kTileRows = 8;

/// The vectors of a panel.
struct Panel {
  const float* unit = nullptr;         ///< [depth][kTileColumns], or:
  const std::uint8_t* byte = nullptr;  ///< [depth / kByteGroup][kTileColumns][kByteGroup]
  const float* step = nullptr;         ///< [kTileColumns]
  const float* error = nullptr;        ///< [kTileColumns]
  const float* rest = nullptr;         ///< [kParts][kTileColumns]
};

/// Some of the rows: at most kTileRows.
struct TileRows {
  const RoundedVectors& all;
  std::size_t first = 0;
  std::size_t count = 0;
};

template <typename Product>
using Products = std::array<Product, kTileRows * kTileColumns>;

/// Adds the products of elements [begin, end).
void add_products(const TileRows& rows, const Panel& panel, std::size_t begin, std::size_t end,
                  Products<float>& products) {
  const std::size_t depth = rows.all.depth;
  core::multiply_add({rows.all.unit.data() + rows.first * depth + begin, depth},
                     {panel.unit + begin * kTileColumns, kTileColumns}, rows.count, end - begin,
                     kTileColumns, {products.data(), kTileColumns});
}

void add_products(const TileRows& rows, const Panel& panel, std::size_t begin, std::size_t end,
                  Products<std::int32_t>& products) {
  const std::size_t depth = rows.all.depth;
  core::multiply_add({rows.all.byte.data() + rows.first * depth + begin, depth},
                     panel.byte + begin * kTileColumns, rows.count, end - begin, products.data());
}

/// From the products of a leading part. @returns whether any bound is above its row's limit
template <typename Product>
[[gnu::always_inline]] inline bool write_bounds(const TileRows& rows, const Panel& panel,
                                                std::size_t part, const Products<Product>& products,
                                                const float* limits, float* value) {
  const float* const panel_rest = panel.rest + part * kTileColumns;
  std::int32_t is_above[kTileColumns] = {};
  for (std::size_t r = 0; r < rows.count; ++r) {
    const std::size_t row = rows.first + r;
    const auto shift = static_cast<Product>(rows.all.shift[row * kParts + part]);
    const float step = rows.all.step[row];
    const float rest = rows.all.rest[row * kParts + part];
    const float limit = limits[r];
#pragma omp simd
    for (std::size_t j = 0; j < kTileColumns; ++j) {
      const std::size_t i = r * kTileColumns + j;
      const float product = static_cast<float>(products[i] - shift) * (step * panel.step[j]);
      value[i] = product + (rest * panel_rest[j] + panel.error[j]);
      is_above[j] |= value[i] > limit ? 1 : 0;
    }
  }
  std::int32_t is_any_above = 0;
#pragma omp simd reduction(| : is_any_above)
  for (std::size_t j = 0; j < kTileColumns; ++j) is_any_above |= is_above[j];
  return is_any_above != 0;
}

WINNOW_VECTOR_CLONES bool write_bounds_of(const TileRows& rows, const Panel& panel,
                                          std::size_t part, const Products<float>& products,
                                          const float* limits, float* value) {
  return write_bounds(rows, panel, part, products, limits, value);
}

WINNOW_VECTOR_CLONES bool write_bounds_of(const TileRows& rows, const Panel& panel,
                                          std::size_t part, const Products<std::int32_t>& products,
                                          const float* limits, float* value) {
  return write_bounds(rows, panel, part, products, limits, value);
}

/// The largest value of each row.
WINNOW_VECTOR_CLONES void find_largest(std::span<const float> values, float* largest) {
  for (std::size_t r = 0; r < values.size() / kTileColumns; ++r) {
    const float* const value = values.data() + r * kTileColumns;
    float most = value[0];
#pragma omp simd reduction(max : most)
    for (std::size_t j = 0; j < kTileColumns; ++j) most = std::max(most, value[j]);
    largest[r] = most;
  }
}

/// Whether bounds from this part may be low enough, to judge by the first pair.
bool is_promising(const TileRows& rows, const Panel& panel, std::size_t part, const float* limits) {
  const float rest = rows.all.rest[rows.first * kParts + part] * panel.rest[part * kTileColumns];
  return rest <= limits[0] || part == kParts - 1;
}

/// Stops after the first part whose products show that no bound is above its row's limit.
template <typename Product>
void bound_tile(const TileRows& rows, const Panel& panel, const float* limits,
                UpperBounds& bounds) {
  Products<Product> products{};
  float* const value = bounds.value.data() + rows.first * kTileColumns;
  float* const largest = bounds.largest.data() + rows.first;
  std::size_t begin = 0;
  for (std::size_t part = 0; part < kParts; ++part) {
    if (!is_promising(rows, panel, part, limits)) continue;
    const std::size_t end = part_end(rows.all.depth, part);
    add_products(rows, panel, begin, end, products);
    begin = end;
    if (!write_bounds_of(rows, panel, part, products, limits, value)) {
      std::copy_n(limits, rows.count, largest);
      return;
    }
  }
  find_largest({value, rows.count * kTileColumns}, largest);
}

}  // namespace

void CosineBounds::reserve(std::size_t vectors) {
  const std::size_t elements = core::filled_up_to_tiles(vectors) * depth_of(dimension_, form_);
  if (form_ == BoundForm::bytes)
    byte_.reserve(elements);
  else
    unit_.reserve(elements);
}

void CosineBounds::add(const RoundedVectors& rounded, std::size_t row) {
  const std::size_t place = size_ % kTileColumns;
  const std::size_t depth = rounded.depth;
  const bool in_bytes = form_ == BoundForm::bytes;
  if (place == 0) {
    step_.resize(size_ + kTileColumns);
    error_.resize(size_ + kTileColumns);
    rest_.resize((size_ + kTileColumns) * kParts);
    if (in_bytes)
      byte_.resize((size_ + kTileColumns) * depth);
    else
      unit_.resize((size_ + kTileColumns) * depth);
  }
  step_[size_] = rounded.step[row];
  error_[size_] = rounded.error[row];
  for (std::size_t part = 0; part < kParts; ++part)
    rest_[(size_ - place) * kParts + part * kTileColumns + place] =
        rounded.rest[row * kParts + part];
  const std::size_t panel = (size_ - place) * depth;
  if (in_bytes) {
    const std::int8_t* const bytes = rounded.byte.data() + row * depth;
    std::uint8_t* const column = byte_.data() + panel + place * kByteGroup;
    for (std::size_t k = 0; k < depth; k += kByteGroup)
      for (std::size_t i = 0; i < kByteGroup; ++i)
        column[k * kTileColumns + i] = static_cast<std::uint8_t>(bytes[k + i] + kByteShift);
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
  rest_.clear();
}

void CosineBounds::bound(const RoundedVectors& rows, std::size_t panel,
                         std::span<const float> limits, UpperBounds& bounds) const {
  const std::size_t count = rows.step.size();
  const std::size_t first = panel * kTileColumns;
  bounds.value.resize(count * kTileColumns);
  bounds.largest.resize(count);
  const Panel vectors{unit_.data() + first * rows.depth, byte_.data() + first * rows.depth,
                      step_.data() + first, error_.data() + first, rest_.data() + first * kParts};
  for (std::size_t row = 0; row < count; row += kTileRows) {
    const TileRows tile{rows, row, std::min(kTileRows, count - row)};
    if (form_ == BoundForm::bytes)
      bound_tile<std::int32_t>(tile, vectors, limits.data() + row, bounds);
    else
      bound_tile<float>(tile, vectors, limits.data() + row, bounds);
  }
}

}  // namespace winnow::selection
