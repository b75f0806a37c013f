#pragma once

#include <span>
#include <vector>

#include <mpi.h>

#include "mpi/communicator.hpp"

namespace winnow::mpi {

/// Sums and copies of float32 values between all ranks that go on while their caller computes. Each
/// rank begins the same ones in the same order; the memory stays untouched until wait().
class PendingCollectives {
 public:
  /// Collective. Their traffic is apart from that of `communicator`.
  explicit PendingCollectives(const Communicator& communicator)
      : communicator_(communicator.duplicate()) {}

  /// The sum over the ranks comes to stand in `values` of rank `owner`, in the order that MPI's
  /// implementation takes; elsewhere `values` stay as they are. At most 2^31 - 1 values.
  void reduce(std::span<float> values, int owner);
  /// `values` of rank `owner` come to stand in those of all ranks.
  void broadcast(std::span<float> values, int owner);
  /// Lets what was begun get on: MPI does so within its calls alone.
  void progress();
  void wait();

 private:
  Communicator communicator_;
  std::vector<MPI_Request> requests_;
};

}  // namespace winnow::mpi
