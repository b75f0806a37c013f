#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <set>
#include <vector>

#include "core/partition.hpp"
#include "core/random.hpp"
#include "selection/near_duplicates.hpp"

namespace winnow::selection {

/// Rows with sets of shingles.
struct ShingledCorpus {
  std::vector<core::RowId> row;
  std::vector<std::uint64_t> key;
  std::vector<std::uint64_t> offset{0};
  std::vector<std::uint64_t> shingle;

  void add(std::uint64_t order, const std::set<std::uint64_t>& words) {
    row.push_back(2 * row.size());
    key.push_back(order);
    std::vector<std::uint64_t> set;
    for (const std::uint64_t word : words) set.push_back(core::mix64(word));
    std::ranges::sort(set);
    shingle.insert(shingle.end(), set.begin(), set.end());
    offset.push_back(shingle.size());
  }

  [[nodiscard]] ShingledRows input() const { return {row, key, offset, shingle}; }

  /// Consecutive rows, as one rank would have them.
  [[nodiscard]] ShingledCorpus part(core::RowRange range) const {
    ShingledCorpus part;
    for (core::RowId i = range.begin; i < range.end; ++i) {
      const auto set = input().set(i);
      part.row.push_back(row[i]);
      part.key.push_back(key[i]);
      part.shingle.insert(part.shingle.end(), set.begin(), set.end());
      part.offset.push_back(part.shingle.size());
    }
    return part;
  }
};

/// Rows that repeat an earlier row, or change some of its words, or are new, or empty.
inline ShingledCorpus random_shingles(std::size_t rows) {
  std::mt19937_64 random(rows + 1);
  std::vector<std::set<std::uint64_t>> sets;
  ShingledCorpus corpus;
  for (std::size_t r = 0; r < rows; ++r) {
    std::set<std::uint64_t> words;
    const auto kind = random() % 10;
    if (kind < 7 && r > 0) words = sets[random() % r];
    if (kind > 6)
      for (std::size_t i = 0, size = 1 + random() % 30; i < size; ++i)
        words.insert(random() % 5000);
    if (kind > 1 && kind < 7)
      for (std::size_t i = 0, changes = random() % 5; i < changes; ++i) {
        if (!words.empty()) words.erase(words.begin());
        words.insert(random() % 5000);
      }
    sets.push_back(kind == 9 && r % 7 == 0 ? std::set<std::uint64_t>() : words);
    corpus.add(random() % 20, sets.back());
  }
  return corpus;
}

}  // namespace winnow::selection
