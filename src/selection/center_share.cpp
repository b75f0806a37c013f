#include "selection/center_share.hpp"

#include <utility>

#include "core/error.hpp"

namespace winnow::selection {

CenterShare::CenterShare(const CostedVectors& rows, std::uint64_t amount)
    : rows_(rows), comparison_(rows.vectors), is_pick_(rows.row.size(), 0) {
  core::check(rows.vectors.size() == rows.row.size(), "one vector per row");
  core::check(rows.cost.empty() || rows.cost.size() == rows.row.size(), "one cost per row");
  comparison_.reserve(static_cast<std::size_t>(amount));
}

std::vector<Position> CenterShare::positions() const {
  std::vector<Position> positions;
  for (std::size_t i = 0; i < is_pick_.size(); ++i)
    if (is_pick_[i] == 0) positions.push_back(position(i));
  return positions;
}

std::vector<std::size_t> CenterShare::before(const Position& end) const {
  std::vector<std::size_t> index;
  for (std::size_t i = 0; i < is_pick_.size(); ++i)
    if (is_pick_[i] == 0 && position(i) < end) index.push_back(i);
  return index;
}

std::size_t CenterShare::catch_up(const Position& end) {
  std::vector<std::size_t> stale = before(end);
  std::erase_if(stale, [&](std::size_t i) { return comparison_.is_current(i); });
  const std::size_t count = stale.size();
  comparison_.catch_up(std::move(stale));
  return count;
}

CenterCandidates CenterShare::candidates(std::span<const std::size_t> index) const {
  CenterCandidates candidates;
  candidates.vectors.reserve(index.size() * rows_.vectors.dimension);
  for (const std::size_t i : index) {
    candidates.row.push_back(
        {rows_.row[i], rows_.cost.empty() ? 1U : rows_.cost[i], comparison_.similarity(i)});
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
