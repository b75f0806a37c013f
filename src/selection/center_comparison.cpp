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

void CenterComparison::reserve(std::size_t picks) {
  const std::size_t most = std::min(picks, std::max(kPicks, norm_.size() / 2) + kPicks);
  picks_.reserve(most * vectors_.dimension);
  pick_norm_.reserve(most);
  bounds_.reserve(most);
}

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
  bounds_.clear();
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
  std::vector<float> limits;
  for (std::size_t r = 0; r < rows.size(); ++r)
    limits.push_back(
        static_cast<float>(similarity_[rows[r]] - static_cast<double>(rounded.error[r])));
  std::vector<UpperBounds> upper(kPanels);
  const std::size_t panels = core::filled_up_to_tiles(bounds_.size()) / core::kTileColumns;
  for (std::size_t first = first_panel; first < panels; first += kPanels) {
    const std::size_t count = std::min(kPanels, panels - first);
    for (std::size_t p = 0; p < count; ++p) bounds_.bound(rounded, first + p, limits, upper[p]);
    for (std::size_t r = 0; r < rows.size(); ++r)
      compare(rows[r], rounded.error[r], std::span(upper).first(count), r, first);
  }
}

void CenterComparison::compare(std::size_t row, float row_error, std::span<const UpperBounds> upper,
                               std::size_t r, std::size_t first_panel) {
  struct Contender {
    std::size_t pick = 0;
    double most = 0;  ///< its cosine is at most this
  };
  const Vectors kept{picks_, vectors_.dimension};
  const double quick_error = quick_cosine_error(vectors_.dimension);
  const auto error = static_cast<double>(row_error);
  double& nearest = similarity_[row];
  double least = nearest;  // the nearest pick's cosine is at least this
  std::vector<Contender> contenders;
  const auto consider = [&](std::size_t panel) {
    const std::size_t begin = (first_panel + panel) * core::kTileColumns;
    const std::size_t picks = std::min(core::kTileColumns, bounds_.size() - begin);
    const float* const bound = upper[panel].value.data() + r * core::kTileColumns;
    for (std::size_t i = 0; i < picks; ++i) {
      if (static_cast<double>(bound[i]) + error <= least) continue;
      const std::size_t pick = begin + i;
      const double quick = quick_cosine(vectors_[row], norm_[row], kept[pick], pick_norm_[pick]);
      if (quick + quick_error <= least) continue;
      least = std::max(least, quick - quick_error);
      contenders.push_back({pick, quick + quick_error});
    }
  };
  const auto bound_of = [&](const UpperBounds& panel) { return panel.largest[r]; };
  // The most promising panel first: what is in it passes over most of the others.
  const auto best =
      static_cast<std::size_t>(std::ranges::max_element(upper, {}, bound_of) - upper.begin());
  if (static_cast<double>(upper[best].largest[r]) + error <= nearest) return;
  consider(best);
  for (std::size_t panel = 0; panel < upper.size(); ++panel)
    if (panel != best && static_cast<double>(upper[panel].largest[r]) + error > least)
      consider(panel);
  for (const Contender& each : contenders)
    if (each.most > least)
      nearest = std::max(nearest, cosine_similarity(vectors_[row], norm_[row], kept[each.pick],
                                                    pick_norm_[each.pick]));
}

}  // namespace winnow::selection
