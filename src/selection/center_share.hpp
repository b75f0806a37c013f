#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "selection/center_pool.hpp"
#include "selection/k_center.hpp"
#include "selection/nearest_picks.hpp"
#include "selection/position.hpp"
#include "selection/take.hpp"

namespace winnow::selection {

/// Rows that stand together in a pool.
constexpr std::size_t kCenterPool = 1024;

/// Candidates and their vectors. [n], [n, dimension]
struct CenterCandidates {
  std::vector<CenterCandidate> row;
  std::vector<float> vectors;
};

/// Rows in the order of their ids, as `take` goes through them.
struct RowsInOrder {
  std::vector<core::RowId> row;
  std::vector<std::uint64_t> key;
  std::vector<std::uint32_t> cost;

  [[nodiscard]] OrderedRows view() const { return {row, key, cost}; }
};

/// The rows of one process in a farthest-first traversal, and which of them are picked.
class CenterShare {
 public:
  /// @param rows  must outlive this object
  explicit CenterShare(const CostedVectors& rows);

  /// The rows that are no pick yet and lie before `end`, as indices.
  [[nodiscard]] std::vector<std::size_t> before(const Position& end) const;
  /// Their places in the order of picks.
  [[nodiscard]] std::vector<Position> positions(std::span<const std::size_t> index) const;
  [[nodiscard]] CenterCandidates candidates(std::span<const std::size_t> index) const;

  /// The rows that are no pick yet.
  [[nodiscard]] RowsInOrder rest() const;

  void take(std::span<const std::size_t> index) {
    for (const std::size_t i : index) is_pick_[i] = 1;
  }
  /// Tells all rows of new picks.
  void add(const Vectors& picks) { nearest_.add(picks); }

 private:
  CostedVectors rows_;
  NearestPicks nearest_;
  std::vector<unsigned char> is_pick_;
};

}  // namespace winnow::selection
