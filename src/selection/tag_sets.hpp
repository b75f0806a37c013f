#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "selection/position.hpp"
#include "selection/tag_cover.hpp"

namespace winnow::selection {

/// Rows with the same tags. In a round only the first of them that is left can have a new one.
struct TagSet {
  std::vector<std::uint32_t> tags;  ///< ascending
  std::vector<std::size_t> rows;    ///< places in TaggedRows, in order
  std::size_t next = 0;             ///< of `rows`: the first that is left
};

/// A process's rows by their tags.
class TagSets {
 public:
  explicit TagSets(const TaggedRows& rows);

  /// The sets that have rows left, by the first of them.
  [[nodiscard]] std::vector<TagSet*> left();
  /// The rows that are left, in order.
  [[nodiscard]] std::vector<std::size_t> rest() const;
  [[nodiscard]] Position position(std::size_t row) const {
    return {rows_.key[row], rows_.row[row]};
  }
  [[nodiscard]] std::uint64_t cost(std::size_t row) const {
    return rows_.cost.empty() ? 1 : rows_.cost[row];
  }

 private:
  const TaggedRows& rows_;
  std::vector<TagSet> sets_;
};

/// The tags that the picks of a round have.
class CoveredTags {
 public:
  void begin_round() { ++round_; }
  [[nodiscard]] bool has_new(std::span<const std::uint32_t> tags) const;
  void cover(std::span<const std::uint32_t> tags);

 private:
  std::vector<std::uint64_t> round_of_;  ///< the last round in which a pick had the tag
  std::uint64_t round_ = 0;
};

}  // namespace winnow::selection
