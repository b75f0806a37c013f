#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/partition.hpp"
#include "selection/position.hpp"

namespace winnow::selection {

/// A row that may be picked. Rows with the same content stand as members of one candidate.
struct Member {
  core::RowId row = 0;
  double score = 0;
  std::uint64_t cost = 1;
};

/// The content of a row, and the members that are not picked yet: score descending, then row id.
struct Candidate {
  std::span<const std::uint32_t> term;  ///< into the objective's terms
  std::span<const double> weight;
  double base = 0;  ///< weight of the terms that no other row has
  std::span<Member> member;
};

/// How much of each term's weight is left.
class Objective {
 public:
  Objective(std::size_t terms, double decay) : remaining_(terms, 1.0), decay_(decay) {}

  /// base + sum of weight x decay^c(term), in one fixed order of operations: it never rises from
  /// pick to pick, to the last bit.
  [[nodiscard]] double diversity(const Candidate& candidate) const;
  /// One more picked row has these terms.
  void cover(std::span<const std::uint32_t> term);
  /// Rows covered so far.
  [[nodiscard]] std::uint64_t picks() const { return picks_; }

 private:
  std::vector<double> remaining_;  ///< decay^c
  double decay_;
  std::uint64_t picks_ = 0;
};

/// The member with the largest score x diversity, ties to the lowest row id. `members` as in
/// Candidate, not empty.
[[nodiscard]] std::size_t best_member(std::span<const Member> members, double diversity);

/// Where the candidate stands in the order of picks: its best member's gain, descending, then that
/// member's row id. While the diversity does not rise and members only leave, the position never
/// moves forward.
[[nodiscard]] Position position_of(std::span<const Member> members, double diversity);

}  // namespace winnow::selection
