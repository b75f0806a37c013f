#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/partition.hpp"
#include "selection/objective.hpp"
#include "selection/position.hpp"

namespace winnow::selection {

/// What was known of a candidate when `picks` rows had been picked; its present position is this
/// one or a later one.
struct Bound {
  Position position;
  double diversity = 0;
  std::uint64_t picks = 0;
  std::uint32_t candidate = 0;
};

struct Pick {
  core::RowId row = 0;
  double gain = 0;
  double score = 0;
  double diversity = 0;
  std::uint64_t cost = 0;
};

/// The accelerated greedy of Minoux (1978) over a set of candidates.
class LazyGreedy {
 public:
  /// `candidates` and `objective` outlive this object, which takes members off the one and covers
  /// terms of the other.
  LazyGreedy(Objective& objective, std::span<Candidate> candidates, std::vector<Bound> bounds);

  /// The next row in the order of picks, if its position is before `end`.
  [[nodiscard]] std::optional<Pick> best(const Position& end);
  /// Picks the row that `best` returned.
  void take();

  /// The bounds of the candidates that have members left, in no order.
  [[nodiscard]] std::span<const Bound> bounds() const { return heap_; }
  [[nodiscard]] std::uint64_t evaluations() const { return evaluations_; }

 private:
  void settle_top();

  Objective& objective_;
  std::span<Candidate> candidates_;
  std::vector<Bound> heap_;  ///< the earliest position on top
  std::uint64_t evaluations_ = 0;
};

}  // namespace winnow::selection
