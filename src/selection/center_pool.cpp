#include "selection/center_pool.hpp"

#include <algorithm>
#include <limits>

#include "selection/k_center.hpp"
#include "selection/similarity.hpp"
#include "selection/unit_panels.hpp"

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
  UnitPanels panels(vectors.dimension);
  panels.add(vectors, lengths);
  std::vector<double> similarity;
  std::vector<Position> position;
  for (const CenterCandidate& candidate : candidates) {
    similarity.push_back(candidate.similarity);
    position.push_back(center_position(candidate.row, candidate.similarity));
  }
  const Position last = std::min(end, Position{kNoGain, 0});
  const double error = product_error(vectors.dimension);
  std::vector<float> unit(vectors.dimension), products(core::filled_up_to_tiles(count));
  std::vector<std::size_t> picks;
  while (!list.is_full() && count > 0) {
    const auto farthest =
        static_cast<std::size_t>(std::ranges::min_element(position) - position.begin());
    if (position[farthest] >= last || !list.add(candidates[farthest].row, candidates[farthest].cost,
                                                center_distance(similarity[farthest])))
      break;
    picks.push_back(farthest);
    position[farthest] = kNowhere;
    scale_to_unit(vectors[farthest], lengths[farthest], unit);
    panels.multiply(unit, 1, 0, products.size(), products);
    for (std::size_t c = 0; c < count; ++c) {
      if (static_cast<double>(products[c]) < similarity[c] - error || position[c] == kNowhere)
        continue;
      const double exact =
          cosine_similarity(vectors[c], lengths[c], vectors[farthest], lengths[farthest]);
      if (exact <= similarity[c]) continue;
      similarity[c] = exact;
      position[c] = center_position(candidates[c].row, exact);
    }
  }
  return picks;
}

}  // namespace winnow::selection
