#include "mpi/transfer.hpp"

#include <algorithm>

#include "core/checked_cast.hpp"

namespace winnow::mpi {
namespace {

constexpr int kTransferTag = 1;

/// Calls `piece(part)` for consecutive parts of at most `limit` bytes.
template <class Bytes, class Piece>
void for_each_piece(Bytes bytes, std::uint64_t limit, Piece&& piece) {
  while (!bytes.empty()) {
    const std::size_t length = std::min<std::size_t>(bytes.size(), limit);
    piece(bytes.first(length));
    bytes = bytes.subspan(length);
  }
}

}  // namespace

void broadcast_in_pieces(const Communicator& communicator, std::span<std::byte> bytes, int root,
                         std::uint64_t limit) {
  for_each_piece(bytes, limit, [&](std::span<std::byte> piece) {
    check(MPI_Bcast(piece.data(), core::checked_cast<int>(piece.size()), MPI_BYTE, root,
                    communicator.handle()),
          "MPI_Bcast");
  });
}

void transfer(const Communicator& communicator,
              const std::vector<std::span<const std::byte>>& outgoing,
              const std::vector<std::span<std::byte>>& incoming, std::uint64_t limit) {
  std::vector<MPI_Request> requests;
  for (int step = 0; step < communicator.size(); ++step) {
    // Each rank starts with itself and goes round, so that no rank is everybody's first target.
    const int source = (communicator.rank() + communicator.size() - step) % communicator.size();
    for_each_piece(
        incoming[static_cast<std::size_t>(source)], limit, [&](std::span<std::byte> piece) {
          check(MPI_Irecv(piece.data(), core::checked_cast<int>(piece.size()), MPI_BYTE, source,
                          kTransferTag, communicator.handle(), &requests.emplace_back()),
                "MPI_Irecv");
        });
  }
  for (int step = 0; step < communicator.size(); ++step) {
    const int target = (communicator.rank() + step) % communicator.size();
    for_each_piece(
        outgoing[static_cast<std::size_t>(target)], limit, [&](std::span<const std::byte> piece) {
          check(MPI_Isend(piece.data(), core::checked_cast<int>(piece.size()), MPI_BYTE, target,
                          kTransferTag, communicator.handle(), &requests.emplace_back()),
                "MPI_Isend");
        });
  }
  check(MPI_Waitall(core::checked_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE),
        "MPI_Waitall");
}

}  // namespace winnow::mpi
