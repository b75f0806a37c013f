#include "selection/center_share.hpp"

#include "core/error.hpp"

namespace winnow::selection {

CenterShare::CenterShare(const CostedVectors& rows)
    : rows_(rows), nearest_(rows.vectors), is_pick_(rows.row.size(), 0) {
  core::check(rows.vectors.size() == rows.row.size(), "one vector per row");
  core::check(rows.cost.empty() || rows.cost.size() == rows.row.size(), "one cost per row");
}

std::vector<std::size_t> CenterShare::before(const Position& end) const {
  std::vector<std::size_t> index;
  for (std::size_t i = 0; i < is_pick_.size(); ++i)
    if (is_pick_[i] == 0 && center_position(rows_.row[i], nearest_.similarity()[i]) < end)
      index.push_back(i);
  return index;
}

std::vector<Position> CenterShare::positions(std::span<const std::size_t> index) const {
  std::vector<Position> positions;
  for (const std::size_t i : index)
    positions.push_back(center_position(rows_.row[i], nearest_.similarity()[i]));
  return positions;
}

CenterCandidates CenterShare::candidates(std::span<const std::size_t> index) const {
  CenterCandidates candidates;
  candidates.vectors.reserve(index.size() * rows_.vectors.dimension);
  for (const std::size_t i : index) {
    candidates.row.push_back(
        {rows_.row[i], rows_.cost.empty() ? 1U : rows_.cost[i], nearest_.similarity()[i]});
    candidates.vectors.insert(candidates.vectors.end(), rows_.vectors[i].begin(),
                              rows_.vectors[i].end());
  }
  return candidates;
}

RowsInOrder CenterShare::rest() const {
  RowsInOrder rest;
  for (std::size_t i = 0; i < is_pick_.size(); ++i) {
    if (is_pick_[i] != 0) continue;
    rest.row.push_back(rows_.row[i]);
    rest.key.push_back(0);
    if (!rows_.cost.empty()) rest.cost.push_back(rows_.cost[i]);
  }
  return rest;
}

}  // namespace winnow::selection
