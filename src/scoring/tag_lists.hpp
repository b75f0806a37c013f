#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/score_status.hpp"
#include "scoring/block_scores.hpp"

namespace winnow::scoring {

/// The tags of consecutive rows, while they are gathered: each name is held once.
class TagLists {
 public:
  /// The next row: its normalized tags, each once; or none and why.
  void add(core::ScoreStatus status, std::span<const std::string> tags);
  /// The rows of a block of tag_block's replies. A row's tags are those of all its user turns in
  /// order, undefined as soon as one turn has no reply that can be read, or where a row has no turn
  /// (`bad_row`).
  void add_block(const BlockScores& block);

  [[nodiscard]] const std::vector<core::ScoreStatus>& status() const { return status_; }
  /// [rows]; 0 where a row's tags are undefined.
  [[nodiscard]] const std::vector<std::uint64_t>& counts() const { return counts_; }
  /// Places in `names`, row after row.
  [[nodiscard]] const std::vector<std::uint32_t>& tags() const { return tags_; }
  /// In the order in which they came up.
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<core::ScoreStatus> status_;
  std::vector<std::uint64_t> counts_;
  std::vector<std::uint32_t> tags_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::uint32_t> places_;
};

}  // namespace winnow::scoring
