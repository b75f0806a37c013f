#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "selection/center_comparison.hpp"
#include "selection/center_pool.hpp"
#include "selection/k_center.hpp"
#include "selection/position.hpp"
#include "selection/take.hpp"

namespace winnow::selection {

/// Rows that stand together in a pool. Where fewer than an eighth are left, as rows have come
/// nearer to picks, it is not worth its round: more rows are compared, each time twice as many, and
/// another pool is made.
constexpr std::size_t kCenterPool = 1024;
constexpr std::size_t kFewestInPool = kCenterPool / 8;

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
  /// @param amount  of all picks
  CenterShare(const CostedVectors& rows, std::uint64_t amount);

  /// Where the rows that are no pick yet stand in the order of picks, or will stand behind.
  [[nodiscard]] std::vector<Position> positions() const;
  /// Those of them that stand before `end`, as indices.
  [[nodiscard]] std::vector<std::size_t> before(const Position& end) const;
  /// Compares these with all picks. @returns how many had not been compared with all
  std::size_t catch_up(const Position& end);
  [[nodiscard]] CenterCandidates candidates(std::span<const std::size_t> index) const;

  /// The rows that are no pick yet.
  [[nodiscard]] RowsInOrder rest() const;

  void take(std::span<const std::size_t> index) {
    for (const std::size_t i : index) is_pick_[i] = 1;
  }
  void add(const Vectors& picks) { comparison_.add(picks); }

 private:
  [[nodiscard]] Position position(std::size_t index) const {
    return center_position(rows_.row[index], comparison_.similarity(index));
  }

  CostedVectors rows_;
  CenterComparison comparison_;
  std::vector<unsigned char> is_pick_;
};

}  // namespace winnow::selection
