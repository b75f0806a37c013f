#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "mpi/communicator.hpp"

namespace winnow::mpi {

/// Hands out blocks 0 .. n-1, each exactly once, to ranks that ask: a rank's own contiguous shard
/// first and in order, then blocks from the end of the shard that has most left. A claim never
/// waits for a rank that computes: a thread of rank 0 answers, on a communicator of its own. One
/// rank alone sends nothing.
class BlockClaims {
 public:
  /// Collective. `is_done[b]`: block b needs no work; equal on all ranks.
  BlockClaims(const Communicator& communicator, const std::vector<bool>& is_done);
  /// Without `finish`, an error is unwinding: nothing is waited for and the ranks still claiming
  /// must be aborted.
  ~BlockClaims();
  BlockClaims(const BlockClaims&) = delete;
  BlockClaims& operator=(const BlockClaims&) = delete;

  /// The next block of this rank, or nullopt when none is left or `stop` was called.
  [[nodiscard]] std::optional<std::uint64_t> next();
  /// Blocks claimed so far, by all ranks; known on rank 0 only.
  [[nodiscard]] std::optional<std::uint64_t> handed_out() const;
  /// From now on nobody gets another block (an error or a request to stop on this rank). The ranks
  /// go on to `finish`.
  void stop();
  /// Collective. Returns when no rank will claim any more.
  void finish();

 private:
  class Service;
  class Client;
  std::unique_ptr<Communicator> communicator_;
  std::unique_ptr<Service> service_;  ///< rank 0 only
  std::unique_ptr<Client> client_;    ///< the other ranks only
};

}  // namespace winnow::mpi
