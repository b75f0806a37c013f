#pragma once

#include <random>
#include <vector>

#include "selection/tag_cover.hpp"

namespace winnow::selection {

/// Rows with up to five of some tags, some with none.
struct RandomTags {
  std::vector<core::RowId> row;
  std::vector<std::uint64_t> key;
  std::vector<std::uint32_t> cost;
  std::vector<std::uint64_t> offset{0};
  std::vector<std::uint32_t> tag;

  RandomTags(std::size_t rows, std::uint32_t tags) {
    std::mt19937_64 generator(rows * 1000 + tags);
    for (std::size_t r = 0; r < rows; ++r) {
      row.push_back(2 * r + 1);
      key.push_back(generator() % 6);
      cost.push_back(static_cast<std::uint32_t>(generator() % 30));
      for (std::uint64_t left = generator() % 6; left > 0; --left) {
        const auto name = static_cast<std::uint32_t>(generator() % tags);
        const auto own = tag.begin() + static_cast<std::ptrdiff_t>(offset.back());
        if (std::find(own, tag.end(), name) == tag.end()) tag.push_back(name);
      }
      offset.push_back(tag.size());
    }
  }
  [[nodiscard]] TaggedRows view() const { return {row, key, {}, offset, tag}; }
};

}  // namespace winnow::selection
