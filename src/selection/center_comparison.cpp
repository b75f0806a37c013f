#include "selection/center_comparison.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "selection/similarity.hpp"

namespace winnow::selection {
namespace {

/// Vectors, and panels of picks, that are compared at a time.
constexpr std::size_t kRows = 64;
constexpr std::size_t kPanels = 32;
/// Picks that are kept at least.
constexpr std::size_t kPicks = kPanels * core::kTileColumns;

}  // namespace

CenterComparison::CenterComparison(const Vectors& vectors, BoundForm form)
    : vectors_(vectors),
      norm_(norms(vectors)),
      similarity_(norm_.size(), -std::numeric_limits<double>::infinity()),
      compared_(norm_.size(), 0),
      bounds_(vectors.dimension, form) {}

void CenterComparison::add(const Vectors& picks) {
  const std::vector<double> norm = norms(picks);
  picks_.insert(picks_.end(), picks.values.begin(), picks.values.end());
  pick_norm_.insert(pick_norm_.end(), norm.begin(), norm.end());
  std::vector<std::size_t> places(norm.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  const RoundedVectors rounded = round_to_unit(picks, norm, places, bounds_.form());
  for (const std::size_t place : places) bounds_.add(rounded, place);
  if (is_begun_ && bounds_.size() <= std::max(kPicks, norm_.size() / 2)) return;
  is_begun_ = true;
  std::vector<std::size_t> all(norm_.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  catch_up(std::move(all));
  std::ranges::fill(compared_, 0);
  picks_.clear();
  pick_norm_.clear();
  bounds_ = CosineBounds(vectors_.dimension, bounds_.form());
}

void CenterComparison::catch_up(std::vector<std::size_t> rows) {
  std::ranges::sort(rows, {}, [&](std::size_t row) { return compared_[row]; });
  for (std::size_t begin = 0; begin < rows.size(); begin += kRows) {
    const auto block = std::span(rows).subspan(begin, std::min(kRows, rows.size() - begin));
    compare(block, compared_[block.front()] / core::kTileColumns);
    for (const std::size_t row : block) compared_[row] = bounds_.size();
  }
}

void CenterComparison::compare(std::span<const std::size_t> rows, std::size_t first_panel) {
  const RoundedVectors rounded = round_to_unit(vectors_, norm_, rows, bounds_.form());
  std::vector<UpperBounds> upper(kPanels);
  const std::size_t panels = core::filled_up_to_tiles(bounds_.size()) / core::kTileColumns;
  for (std::size_t first = first_panel; first < panels; first += kPanels) {
    const std::size_t count = std::min(kPanels, panels - first);
    for (std::size_t p = 0; p < count; ++p) bounds_.bound(rounded, first + p, upper[p]);
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const auto by_bound = [&](const UpperBounds& each) { return each.largest[r]; };
      const auto best = static_cast<std::size_t>(
          std::ranges::max_element(
              upper.begin(), upper.begin() + static_cast<std::ptrdiff_t>(count), {}, by_bound) -
          upper.begin());
      // The most promising panel first: what it comes to passes over most of the others.
      const auto error = static_cast<double>(rounded.error[r]);
      compare(rows[r], error, upper[best], r, first + best);
      for (std::size_t p = 0; p < count; ++p)
        if (p != best) compare(rows[r], error, upper[p], r, first + p);
    }
  }
}

void CenterComparison::compare(std::size_t row, double error, const UpperBounds& upper,
                               std::size_t r, std::size_t panel) {
  double& nearest = similarity_[row];
  if (static_cast<double>(upper.largest[r]) + error <= nearest) return;
  const std::size_t first = panel * core::kTileColumns;
  const Vectors kept{picks_, vectors_.dimension};
  const auto bounds =
      std::span<const float>(upper.value)
          .subspan(r * core::kTileColumns, std::min(core::kTileColumns, bounds_.size() - first));
  const auto raise = [&](std::size_t pick) {
    if (static_cast<double>(bounds[pick]) + error > nearest)
      nearest = larger_cosine(nearest, vectors_[row], norm_[row], kept[first + pick],
                              pick_norm_[first + pick]);
  };
  raise(static_cast<std::size_t>(std::ranges::max_element(bounds) - bounds.begin()));
  for (std::size_t pick = 0; pick < bounds.size(); ++pick) raise(pick);
}

}  // namespace winnow::selection
