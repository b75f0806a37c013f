#include "selection/pick_list.hpp"

#include <utility>

namespace winnow::selection {

PickList::PickList(std::uint64_t amount) : amount_(amount), is_full_(amount == 0) {
  selection_.gain.emplace();
  selection_.score.emplace();
  selection_.diversity.emplace();
}

bool PickList::add(const Pick& pick) {
  if (is_full_ || pick.cost > left()) {
    is_full_ = true;
    return false;
  }
  selection_.row.push_back(pick.row);
  selection_.gain->push_back(pick.gain);
  selection_.score->push_back(pick.score);
  selection_.diversity->push_back(pick.diversity);
  selection_.spent += pick.cost;
  is_full_ = left() == 0;
  return true;
}

Selection PickList::finish() && {
  if (selection_.filled_from == selection_.row.size()) selection_.filled_from.reset();
  return std::move(selection_);
}

}  // namespace winnow::selection
