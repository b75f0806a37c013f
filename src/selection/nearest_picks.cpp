#include "selection/nearest_picks.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "selection/similarity.hpp"
#include "selection/unit_panels.hpp"

namespace winnow::selection {
namespace {

/// Vectors, and picks, whose products are computed at a time.
constexpr std::size_t kRows = 64;
constexpr std::size_t kPicks = 1024;

float largest(std::span<const float> products) {
  std::array<float, 16> largest;
  largest.fill(products.front());
  std::size_t first = 0;
  for (; first + largest.size() <= products.size(); first += largest.size())
    for (std::size_t i = 0; i < largest.size(); ++i)
      largest[i] = products[first + i] > largest[i] ? products[first + i] : largest[i];
  for (; first < products.size(); ++first) largest[0] = std::max(largest[0], products[first]);
  return *std::ranges::max_element(largest);
}

}  // namespace

NearestPicks::NearestPicks(const Vectors& vectors)
    : vectors_(vectors),
      norm_(norms(vectors)),
      similarity_(norm_.size(), -std::numeric_limits<double>::infinity()) {}

void NearestPicks::add(const Vectors& picks) {
  const std::size_t dimension = vectors_.dimension;
  const double error = product_error(dimension);
  std::vector<float> units(kRows * dimension), products;
  for (std::size_t begin = 0; begin < picks.size(); begin += kPicks) {
    const Vectors part = picks.range(begin, std::min(kPicks, picks.size() - begin));
    const std::vector<double> part_norm = norms(part);
    const UnitPanels panels(part, part_norm);
    products.resize(kRows * panels.columns());
    for (std::size_t first = 0; first < norm_.size(); first += kRows) {
      const std::size_t rows = std::min(kRows, norm_.size() - first);
      for (std::size_t r = 0; r < rows; ++r)
        scale_to_unit(vectors_[first + r], norm_[first + r],
                      std::span(units).subspan(r * dimension, dimension));
      panels.multiply(units, rows, products);
      for (std::size_t r = 0; r < rows; ++r) {
        const auto product =
            std::span<const float>(products).subspan(r * panels.columns(), part.size());
        double& nearest = similarity_[first + r];
        const auto most = static_cast<double>(largest(product));
        if (most < nearest - error) continue;
        const double least = std::max(nearest - error, most - 2 * error);
        for (std::size_t p = 0; p < part.size(); ++p)
          if (static_cast<double>(product[p]) >= least)
            nearest = std::max(nearest, cosine_similarity(vectors_[first + r], norm_[first + r],
                                                          part[p], part_norm[p]));
      }
    }
  }
}

}  // namespace winnow::selection
