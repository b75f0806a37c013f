#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace winnow::mpi {

/// Who gets which block: the rule of BlockClaims, without traffic. Thread-safe.
class ClaimBoard {
 public:
  /// Shards of equal size over the blocks that are not done, contiguous and in order.
  ClaimBoard(const std::vector<bool>& is_done, int ranks);

  /// The next block of the rank's own shard; else the last one of the shard with most left (the
  /// lowest rank's among equals).
  [[nodiscard]] std::optional<std::uint64_t> take(int rank);
  /// Blocks handed out so far.
  [[nodiscard]] std::uint64_t handed_out();
  /// Nothing is handed out from now on.
  void stop();

 private:
  struct Shard {
    std::uint64_t begin = 0;  ///< into `open_`
    std::uint64_t end = 0;
  };
  std::mutex mutex_;
  std::vector<std::uint64_t> open_;  ///< blocks to do, ascending
  std::vector<Shard> shards_;        ///< [ranks] what is left of each
  std::uint64_t handed_out_ = 0;
};

}  // namespace winnow::mpi
