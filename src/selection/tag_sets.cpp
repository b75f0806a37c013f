#include "selection/tag_sets.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace winnow::selection {

TagSets::TagSets(const TaggedRows& rows) : rows_(rows) {
  std::vector<std::size_t> order(rows.row.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return position(i); });
  std::map<std::vector<std::uint32_t>, std::size_t> known;
  for (const std::size_t i : order) {
    std::vector<std::uint32_t> tags(
        rows.tag.begin() + static_cast<std::ptrdiff_t>(rows.offset[i]),
        rows.tag.begin() + static_cast<std::ptrdiff_t>(rows.offset[i + 1]));
    std::ranges::sort(tags);
    const auto [place, is_new] = known.emplace(tags, sets_.size());
    if (is_new) sets_.push_back({std::move(tags), {}});
    sets_[place->second].rows.push_back(i);
  }
}

std::vector<TagSet*> TagSets::left() {
  std::vector<TagSet*> sets;
  for (TagSet& set : sets_)
    if (set.next < set.rows.size()) sets.push_back(&set);
  std::ranges::sort(sets, {}, [&](const TagSet* set) { return position(set->rows[set->next]); });
  return sets;
}

std::vector<std::size_t> TagSets::rest() const {
  std::vector<std::size_t> rows;
  for (const TagSet& set : sets_)
    rows.insert(rows.end(), set.rows.begin() + static_cast<std::ptrdiff_t>(set.next),
                set.rows.end());
  std::ranges::sort(rows, {}, [&](std::size_t i) { return position(i); });
  return rows;
}

bool CoveredTags::has_new(std::span<const std::uint32_t> tags) const {
  return std::ranges::any_of(
      tags, [&](std::uint32_t tag) { return tag >= round_of_.size() || round_of_[tag] != round_; });
}

void CoveredTags::cover(std::span<const std::uint32_t> tags) {
  for (const std::uint32_t tag : tags) {
    if (tag >= round_of_.size()) round_of_.resize(tag + std::size_t{1}, 0);
    round_of_[tag] = round_;
  }
}

}  // namespace winnow::selection
