#include "selection/center_pool.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "selection/cosine_bounds.hpp"
#include "selection/k_center.hpp"
#include "selection/similarity.hpp"

namespace winnow::selection {

double center_distance(double similarity) {
  const double distance = 1 - similarity;
  return distance > kCopyDistance ? distance : 0;
}

Position center_position(core::RowId row, double similarity) {
  return {order_key(center_distance(similarity), Direction::descending), row};
}

CenterList::CenterList(std::uint64_t amount) : amount_(amount), is_full_(amount == 0) {
  selection_.gain.emplace();
}

bool CenterList::add(core::RowId row, std::uint64_t cost, double distance) {
  if (is_full_ || cost > left()) {
    is_full_ = true;
    return false;
  }
  if (distance == 0 && !selection_.filled_from) selection_.filled_from = selection_.row.size();
  selection_.row.push_back(row);
  selection_.gain->push_back(distance);
  selection_.spent += cost;
  is_full_ = left() == 0;
  return true;
}

std::vector<std::size_t> pick_from_pool(std::span<const CenterCandidate> candidates,
                                        const Vectors& vectors, const Position& end,
                                        CenterList& list) {
  const std::size_t count = candidates.size();
  const std::vector<double> lengths = norms(vectors);
  const BoundForm form = fastest_form(vectors.dimension);
  std::vector<std::size_t> places(count);
  std::iota(places.begin(), places.end(), std::size_t{0});
  const RoundedVectors rounded = round_to_unit(vectors, lengths, places, form);
  CosineBounds bounds(vectors.dimension, form);
  for (const std::size_t place : places) bounds.add(rounded, place);
  std::vector<double> similarity;
  std::vector<Position> position;
  for (const CenterCandidate& candidate : candidates) {
    similarity.push_back(candidate.similarity);
    position.push_back(center_position(candidate.row, candidate.similarity));
  }
  const Position last = std::min(end, Position{kNoGain, 0});
  constexpr std::array<float, 1> kNoLimit{-std::numeric_limits<float>::infinity()};
  UpperBounds upper;
  std::vector<std::size_t> picks;
  while (!list.is_full() && count > 0) {
    const auto farthest =
        static_cast<std::size_t>(std::ranges::min_element(position) - position.begin());
    if (position[farthest] >= last || !list.add(candidates[farthest].row, candidates[farthest].cost,
                                                center_distance(similarity[farthest])))
      break;
    picks.push_back(farthest);
    position[farthest] = kNowhere;
    const RoundedVectors pick = round_to_unit(vectors, lengths, std::span(&farthest, 1), form);
    const auto error = static_cast<double>(pick.error.front());
    for (std::size_t c = 0; c < count; ++c) {
      if (c % core::kTileColumns == 0) bounds.bound(pick, c / core::kTileColumns, kNoLimit, upper);
      if (static_cast<double>(upper.value[c % core::kTileColumns]) + error <= similarity[c] ||
          position[c] == kNowhere)
        continue;
      const double nearest = larger_cosine(similarity[c], vectors[c], lengths[c], vectors[farthest],
                                           lengths[farthest]);
      if (nearest == similarity[c]) continue;
      similarity[c] = nearest;
      position[c] = center_position(candidates[c].row, nearest);
    }
  }
  return picks;
}

}  // namespace winnow::selection
