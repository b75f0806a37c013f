#include "selection/exchange_mpi.hpp"

#include "mpi/collectives.hpp"

namespace winnow::selection {

Exchange exchange_of(const mpi::Communicator& communicator) {
  return {static_cast<std::size_t>(communicator.rank()),
          [&](std::span<std::uint64_t> values) { mpi::sum_in_place(communicator, values); },
          [&](double value) { return mpi::max(communicator, value); },
          [&](std::span<const std::byte> bytes) {
            return mpi::all_gather_bytes(communicator, bytes).bytes;
          }};
}

}  // namespace winnow::selection
