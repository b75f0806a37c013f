#include "selection/tag_cover.hpp"

#include <utility>

#include "selection/tag_sets.hpp"

namespace winnow::selection {
namespace {

class TagCover {
 public:
  TagCover(const TaggedRows& rows, std::uint64_t amount)
      : rows_(rows), amount_(amount), sets_(rows) {}

  Selection run(TagRounds rounds) && {
    bool goes_on = true;
    while (goes_on) goes_on = pick_round() && rounds == TagRounds::restart;
    selection_.filled_from = selection_.row.size();
    for (const std::size_t i : sets_.rest())
      if (!add(i)) break;
    if (selection_.filled_from == selection_.row.size()) selection_.filled_from.reset();
    return std::move(selection_);
  }

 private:
  /// False when no row had a new tag.
  bool pick_round() {
    covered_.begin_round();
    const std::size_t before = selection_.row.size();
    for (TagSet* set : sets_.left()) {
      if (!covered_.has_new(set->tags)) continue;
      if (!add(set->rows[set->next])) break;
      ++set->next;
      covered_.cover(set->tags);
    }
    return selection_.row.size() > before;
  }

  /// False, and the list is full, when the row does not fit.
  bool add(std::size_t i) {
    is_full_ = is_full_ || sets_.cost(i) > amount_ - selection_.spent;
    if (is_full_) return false;
    selection_.row.push_back(rows_.row[i]);
    selection_.spent += sets_.cost(i);
    return true;
  }

  const TaggedRows& rows_;
  std::uint64_t amount_;
  TagSets sets_;
  CoveredTags covered_;
  Selection selection_;
  bool is_full_ = false;
};

}  // namespace

Selection tag_cover(const TaggedRows& rows, TagRounds rounds, std::uint64_t amount) {
  return TagCover(rows, amount).run(rounds);
}

}  // namespace winnow::selection
