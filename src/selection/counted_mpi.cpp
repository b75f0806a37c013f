#include "selection/counted_mpi.hpp"

namespace winnow::selection {

std::uint64_t CountedCollectives::sum(std::uint64_t value) {
  count(1, sizeof value);
  return mpi::sum(communicator_, value);
}

std::uint64_t CountedCollectives::min(std::uint64_t value) {
  count(1, sizeof value);
  return mpi::min(communicator_, value);
}

void CountedCollectives::sum_in_place(std::span<std::uint64_t> values) {
  count(1, values.size_bytes());
  mpi::sum_in_place(communicator_, values);
}

}  // namespace winnow::selection
