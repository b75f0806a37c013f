#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/partition.hpp"
#include "selection/position.hpp"
#include "selection/selection.hpp"
#include "selection/vectors.hpp"

namespace winnow::selection {

/// A row that is no pick yet.
struct CenterCandidate {
  core::RowId row = 0;
  std::uint64_t cost = 1;
  double similarity = 0;  ///< to its nearest pick
};

/// The distance that goes with a similarity: see `k_center`.
[[nodiscard]] double center_distance(double similarity);

/// By distance, the farthest first, then row id.
[[nodiscard]] Position center_position(core::RowId row, double similarity);

/// The picks of a farthest-first traversal, as far as the budget goes.
class CenterList {
 public:
  explicit CenterList(std::uint64_t amount);

  [[nodiscard]] bool is_full() const { return is_full_; }
  [[nodiscard]] std::uint64_t left() const { return amount_ - selection_.spent; }
  /// False, and the list is full, when the pick does not fit.
  bool add(core::RowId row, std::uint64_t cost, double distance);
  [[nodiscard]] Selection finish() && { return std::move(selection_); }

 private:
  std::uint64_t amount_;
  bool is_full_;
  Selection selection_;
};

/// Picks from a pool that holds all candidates before `end`, as long as the farthest one is still
/// before it and at a distance above 0.
/// @param vectors  of the candidates
/// @returns  the places in the pool of the picks, in order
std::vector<std::size_t> pick_from_pool(std::span<const CenterCandidate> candidates,
                                        const Vectors& vectors, const Position& end,
                                        CenterList& list);

}  // namespace winnow::selection
