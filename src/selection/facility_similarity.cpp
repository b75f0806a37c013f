#include "selection/facility_similarity.hpp"

#include <algorithm>
#include <cmath>

#include "core/vector_clones.hpp"

namespace winnow::selection {
namespace {

constexpr std::size_t kColumns = core::kTileColumns;
/// Rows of a tile: its sums stay in registers.
constexpr std::size_t kTileRows = 4;
constexpr double kUnits = 1 << kSimilarityBits;
constexpr double kFarthest = -1.0 / 64;

template <std::size_t rows>
[[gnu::always_inline]] inline void sum_squares(const float* vectors, const float* panel,
                                               std::size_t dimension, float* squares) {
  float sums[rows][kColumns] = {};
  for (std::size_t k = 0; k < dimension; ++k) {
    const float* const others = panel + k * kColumns;
    for (std::size_t r = 0; r < rows; ++r) {
      const float own = vectors[r * dimension + k];
#pragma omp simd
      for (std::size_t j = 0; j < kColumns; ++j) {
        const float difference = own - others[j];
        sums[r][j] += difference * difference;
      }
    }
  }
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t j = 0; j < kColumns; ++j) squares[r * kColumns + j] = sums[r][j];
}

/// squares [rows][kColumns]: the squared distances.
WINNOW_VECTOR_CLONES void squared_distances(const float* vectors, std::size_t rows,
                                            const float* panel, std::size_t dimension,
                                            float* squares) {
  std::size_t r = 0;
  for (; r + kTileRows <= rows; r += kTileRows)
    sum_squares<kTileRows>(vectors + r * dimension, panel, dimension, squares + r * kColumns);
  for (; r < rows; ++r)
    sum_squares<1>(vectors + r * dimension, panel, dimension, squares + r * kColumns);
}

/// exp(-sqrt(square) * gamma) in units, or -1 where only the C library can tell what its exp is: so
/// near the middle of two units (its error before it rounds is far below 1/128 unit, glibc's 0.002,
/// this series' 0.0002), and beyond kFarthest, where the series is too short.
/// @returns  whether there is a -1
[[gnu::always_inline]] inline bool exponentials(const float* squares, float gamma,
                                                std::int32_t* units) {
  std::int32_t doubts = 0;
#pragma omp simd reduction(| : doubts)
  for (std::size_t j = 0; j < kColumns; ++j) {
    const auto x = static_cast<double>(-std::sqrt(squares[j]) * gamma);
    const double near = std::max(x, kFarthest);
    const double exponential = 1 + near * (1 + near * (0.5 + near * (1.0 / 6 + near * (1.0 / 24))));
    const double scaled = exponential * kUnits;
    const auto whole = static_cast<std::int32_t>(scaled);
    const double rest = scaled - whole;
    const std::int32_t is_doubtful = static_cast<std::int32_t>(x < kFarthest) |
                                     (static_cast<std::int32_t>(rest > 0.5 - 1.0 / 128) &
                                      static_cast<std::int32_t>(rest < 0.5 + 1.0 / 128));
    units[j] = is_doubtful != 0 ? -1 : whole + static_cast<std::int32_t>(rest >= 0.5);
    doubts |= is_doubtful;
  }
  return doubts != 0;
}

WINNOW_VECTOR_CLONES void distances_to_units(const float* squares, std::size_t rows, float gamma,
                                             std::int32_t* units) {
  for (std::size_t r = 0; r < rows; ++r) {
    const float* const row = squares + r * kColumns;
    std::int32_t* const out = units + r * kColumns;
    if (!exponentials(row, gamma, out)) continue;
    for (std::size_t j = 0; j < kColumns; ++j)
      if (out[j] < 0)
        out[j] = static_cast<std::int32_t>(std::exp(-std::sqrt(row[j]) * gamma) *
                                           static_cast<float>(kUnits));
  }
}

WINNOW_VECTOR_CLONES void products_to_units(const float* products, std::size_t count,
                                            std::int32_t* units) {
#pragma omp simd
  for (std::size_t i = 0; i < count; ++i)
    units[i] = static_cast<std::int32_t>(products[i] * static_cast<float>(kUnits));
}

}  // namespace

std::vector<float> prepare(FacilitySimilarity similarity, const Vectors& vectors) {
  std::vector<float> prepared(vectors.values.begin(), vectors.values.end());
  if (similarity == FacilitySimilarity::published) return prepared;
  for (std::size_t begin = 0; begin < prepared.size(); begin += vectors.dimension) {
    const std::span<float> vector = std::span(prepared).subspan(begin, vectors.dimension);
    double squares = 0;
    for (const float x : vector) squares += static_cast<double>(x) * static_cast<double>(x);
    const double norm = std::sqrt(squares);
    if (norm == 0) continue;
    for (float& x : vector) x = static_cast<float>(static_cast<double>(x) / norm);
  }
  return prepared;
}

std::vector<float> panels_of(const Vectors& prepared) {
  const std::size_t dimension = prepared.dimension;
  const std::size_t rows = dimension == 0 ? 0 : prepared.values.size() / dimension;
  std::vector<float> panels(core::filled_up_to_tiles(rows) * dimension, 0.0F);
  for (std::size_t row = 0; row < rows; ++row) {
    float* const panel = panels.data() + row / kColumns * kColumns * dimension + row % kColumns;
    const std::span<const float> vector = prepared[row];
    for (std::size_t k = 0; k < dimension; ++k) panel[k * kColumns] = vector[k];
  }
  return panels;
}

void similarities(FacilitySimilarity similarity, std::span<const float> vectors,
                  std::span<const float> panel, std::size_t dimension,
                  std::span<std::int32_t> units) {
  const std::size_t rows = units.size() / kColumns;
  std::vector<float> values(units.size());
  if (similarity == FacilitySimilarity::cosine) {
    core::multiply({vectors.data(), dimension}, {panel.data(), kColumns}, rows, dimension, kColumns,
                   {values.data(), kColumns});
    products_to_units(values.data(), values.size(), units.data());
  } else {
    squared_distances(vectors.data(), rows, panel.data(), dimension, values.data());
    const auto gamma = static_cast<float>(1.0 / static_cast<double>(dimension));
    distances_to_units(values.data(), rows, gamma, units.data());
  }
}

}  // namespace winnow::selection
