#pragma once

#include <cstddef>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/partition.hpp"
#include "selection/objective.hpp"

namespace winnow::selection {

/// A candidate in a pool, known by its lowest row id, with its present diversity.
struct PoolEntry {
  core::RowId leader = 0;
  double diversity = 0;
};

/// The rows that every rank has received: content and members left. The same on all ranks after
/// each round.
class RowStore {
 public:
  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  [[nodiscard]] bool holds(core::RowId leader) const { return rows_.contains(leader); }
  /// The held row; its members may be taken off.
  [[nodiscard]] Candidate& at(core::RowId leader) { return rows_.at(leader).candidate; }
  void forget(core::RowId leader) { rows_.erase(leader); }

  /// Appends the entry to `message`, and the row itself unless everyone holds it: 24 bytes, then 8
  /// + 24 per member + 12 per term.
  void pack(const PoolEntry& entry, const Candidate& row, std::vector<std::byte>& message) const;
  /// The entries of one or more messages, their new rows now held.
  std::vector<PoolEntry> unpack(std::span<const std::byte> messages);

 private:
  struct Held {
    std::vector<std::uint32_t> term;
    std::vector<double> weight;
    std::vector<Member> member;
    Candidate candidate;  ///< spans of the three above
  };
  std::unordered_map<core::RowId, Held> rows_;
};

}  // namespace winnow::selection
