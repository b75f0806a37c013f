#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "mpi/collectives.hpp"
#include "mpi/communicator.hpp"

namespace winnow::selection {

/// The collectives of a distributed selection, with a count of them and of the bytes that each rank
/// receives as their result (lengths that MPI needs beside a gather are not payload). Collective in
/// every member.
class CountedCollectives {
 public:
  explicit CountedCollectives(const mpi::Communicator& communicator)
      : communicator_(communicator) {}

  [[nodiscard]] const mpi::Communicator& communicator() const { return communicator_; }
  [[nodiscard]] std::uint64_t collectives() const { return collectives_; }
  [[nodiscard]] std::uint64_t payload_bytes() const { return payload_bytes_; }

  [[nodiscard]] std::uint64_t sum(std::uint64_t value);
  [[nodiscard]] std::uint64_t min(std::uint64_t value);
  void sum_in_place(std::span<std::uint64_t> values);
  template <mpi::Transferable T>
  [[nodiscard]] std::vector<T> all_gather(std::span<const T> values) {
    std::vector<T> gathered = mpi::all_gather(communicator_, values).values;
    count(2, gathered.size() * sizeof(T));
    return gathered;
  }

 private:
  void count(std::uint64_t collectives, std::uint64_t bytes) {
    collectives_ += collectives;
    payload_bytes_ += bytes;
  }

  const mpi::Communicator& communicator_;
  std::uint64_t collectives_ = 0;
  std::uint64_t payload_bytes_ = 0;
};

}  // namespace winnow::selection
