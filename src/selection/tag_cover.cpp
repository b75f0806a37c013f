#include "selection/tag_cover.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <vector>

#include "selection/position.hpp"

namespace winnow::selection {
namespace {

/// Rows with the same tags. In a round only the first of them that is left can have a new one.
struct TagSet {
  std::vector<std::uint32_t> tags;
  std::vector<std::size_t> rows;  ///< in order
  std::size_t next = 0;           ///< of `rows`
};

class TagCover {
 public:
  TagCover(const TaggedRows& rows, std::uint64_t amount) : rows_(rows), amount_(amount) {
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
    std::uint32_t tags = 0;
    for (const std::uint32_t tag : rows.tag) tags = std::max(tags, tag + 1);
    covered_in_.resize(tags, 0);
  }

  Selection run(TagRounds rounds) && {
    bool goes_on = true;
    while (goes_on) goes_on = pick_round() && rounds == TagRounds::restart;
    selection_.filled_from = selection_.row.size();
    std::vector<std::size_t> rest;
    for (const TagSet& set : sets_)
      rest.insert(rest.end(), set.rows.begin() + static_cast<std::ptrdiff_t>(set.next),
                  set.rows.end());
    std::ranges::sort(rest, {}, [&](std::size_t i) { return position(i); });
    for (const std::size_t i : rest)
      if (!add(i)) break;
    if (selection_.filled_from == selection_.row.size()) selection_.filled_from.reset();
    return std::move(selection_);
  }

 private:
  [[nodiscard]] Position position(std::size_t i) const { return {rows_.key[i], rows_.row[i]}; }

  /// The sets that have rows left, by the first of them.
  std::vector<TagSet*> left() {
    std::vector<TagSet*> sets;
    for (TagSet& set : sets_)
      if (set.next < set.rows.size()) sets.push_back(&set);
    std::ranges::sort(sets, {}, [&](const TagSet* set) { return position(set->rows[set->next]); });
    return sets;
  }

  /// False when no row had a new tag.
  bool pick_round() {
    ++round_;
    const std::size_t before = selection_.row.size();
    for (TagSet* set : left()) {
      const bool has_new = std::ranges::any_of(
          set->tags, [&](std::uint32_t tag) { return covered_in_[tag] != round_; });
      if (!has_new) continue;
      if (!add(set->rows[set->next])) break;
      ++set->next;
      for (const std::uint32_t tag : set->tags) covered_in_[tag] = round_;
    }
    return selection_.row.size() > before;
  }

  /// False, and the list is full, when the row does not fit.
  bool add(std::size_t i) {
    const std::uint64_t cost = rows_.cost.empty() ? 1 : rows_.cost[i];
    is_full_ = is_full_ || cost > amount_ - selection_.spent;
    if (is_full_) return false;
    selection_.row.push_back(rows_.row[i]);
    selection_.spent += cost;
    return true;
  }

  const TaggedRows& rows_;
  std::uint64_t amount_;
  std::vector<TagSet> sets_;
  std::vector<std::uint64_t> covered_in_;  ///< the last round in which a pick had the tag
  std::uint64_t round_ = 0;
  Selection selection_;
  bool is_full_ = false;
};

}  // namespace

Selection tag_cover(const TaggedRows& rows, TagRounds rounds, std::uint64_t amount) {
  return TagCover(rows, amount).run(rounds);
}

}  // namespace winnow::selection
