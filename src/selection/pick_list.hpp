#pragma once

#include <cstdint>

#include "selection/lazy_greedy.hpp"
#include "selection/selection.hpp"

namespace winnow::selection {

/// Picks until the budget is spent: the list ends at the first pick whose cost no longer fits.
class PickList {
 public:
  explicit PickList(std::uint64_t amount);

  [[nodiscard]] bool is_full() const { return is_full_; }
  [[nodiscard]] std::uint64_t left() const { return amount_ - selection_.spent; }
  /// False, and the list is full, when the pick does not fit.
  bool add(const Pick& pick);
  /// The picks from here on had no positive gain.
  void mark_filled() { selection_.filled_from = selection_.row.size(); }
  /// Drops the mark again if nothing was filled.
  [[nodiscard]] Selection finish() &&;

 private:
  std::uint64_t amount_;
  bool is_full_;
  Selection selection_;
};

}  // namespace winnow::selection
