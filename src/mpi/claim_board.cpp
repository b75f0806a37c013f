#include "mpi/claim_board.hpp"

#include <algorithm>

#include "core/partition.hpp"

namespace winnow::mpi {

ClaimBoard::ClaimBoard(const std::vector<bool>& is_done, int ranks) {
  for (std::uint64_t block = 0; block < is_done.size(); ++block)
    if (!is_done[block]) open_.push_back(block);
  const auto size = static_cast<std::uint64_t>(ranks);
  for (std::uint64_t rank = 0; rank < size; ++rank) {
    const core::RowRange range = core::block_range(open_.size(), size, rank);
    shards_.push_back({range.begin, range.end});
  }
}

std::optional<std::uint64_t> ClaimBoard::take(int rank) {
  const std::scoped_lock lock(mutex_);
  Shard& own = shards_[static_cast<std::size_t>(rank)];
  if (own.begin < own.end) {
    ++handed_out_;
    return open_[own.begin++];
  }
  Shard& behind = *std::ranges::max_element(
      shards_, {}, [](const Shard& shard) { return shard.end - shard.begin; });
  if (behind.begin == behind.end) return std::nullopt;
  ++handed_out_;
  return open_[--behind.end];
}

std::uint64_t ClaimBoard::handed_out() {
  const std::scoped_lock lock(mutex_);
  return handed_out_;
}

void ClaimBoard::stop() {
  const std::scoped_lock lock(mutex_);
  for (Shard& shard : shards_) shard.end = shard.begin;
}

}  // namespace winnow::mpi
