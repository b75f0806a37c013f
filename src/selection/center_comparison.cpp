#include "selection/center_comparison.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <utility>

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

CenterComparison::CenterComparison(const Vectors& vectors)
    : vectors_(vectors),
      norm_(norms(vectors)),
      similarity_(norm_.size(), -std::numeric_limits<double>::infinity()),
      compared_(norm_.size(), 0),
      panels_(vectors.dimension) {}

void CenterComparison::add(const Vectors& picks) {
  const std::vector<double> norm = norms(picks);
  picks_.insert(picks_.end(), picks.values.begin(), picks.values.end());
  pick_norm_.insert(pick_norm_.end(), norm.begin(), norm.end());
  panels_.add(picks, norm);
  if (is_begun_ && panels_.size() <= std::max(kPicks, norm_.size() / 2)) return;
  is_begun_ = true;
  std::vector<std::size_t> all(norm_.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  catch_up(std::move(all));
  std::ranges::fill(compared_, 0);
  picks_.clear();
  pick_norm_.clear();
  panels_ = UnitPanels(vectors_.dimension);
}

void CenterComparison::catch_up(std::vector<std::size_t> rows) {
  std::ranges::sort(rows, {}, [&](std::size_t row) { return compared_[row]; });
  for (std::size_t begin = 0; begin < rows.size(); begin += kRows) {
    const auto block = std::span(rows).subspan(begin, std::min(kRows, rows.size() - begin));
    const std::size_t least = compared_[block.front()];
    for (std::size_t first = least - least % core::kTileColumns; first < panels_.size();
         first += kPicks)
      compare(block, first, std::min(kPicks, panels_.size() - first));
    for (const std::size_t row : block) compared_[row] = panels_.size();
  }
}

void CenterComparison::compare(std::span<const std::size_t> rows, std::size_t first,
                               std::size_t picks) {
  const std::size_t dimension = vectors_.dimension;
  const std::size_t columns = core::filled_up_to_tiles(picks);
  const double error = product_error(dimension);
  const Vectors kept{picks_, dimension};
  std::vector<float> units(rows.size() * dimension), products(rows.size() * columns);
  for (std::size_t r = 0; r < rows.size(); ++r)
    scale_to_unit(vectors_[rows[r]], norm_[rows[r]],
                  std::span(units).subspan(r * dimension, dimension));
  panels_.multiply(units, rows.size(), first, columns, products);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto product = std::span<const float>(products).subspan(r * columns, picks);
    const std::size_t row = rows[r];
    double& nearest = similarity_[row];
    const auto most = static_cast<double>(largest(product));
    if (most < nearest - error) continue;
    const double least = std::max(nearest - error, most - 2 * error);
    for (std::size_t p = 0; p < picks; ++p)
      if (static_cast<double>(product[p]) >= least)
        nearest = std::max(nearest, cosine_similarity(vectors_[row], norm_[row], kept[first + p],
                                                      pick_norm_[first + p]));
  }
}

}  // namespace winnow::selection
