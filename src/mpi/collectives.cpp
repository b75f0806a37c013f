#include "mpi/collectives.hpp"

#include <algorithm>
#include <numeric>

#include "core/checked_cast.hpp"
#include "core/error.hpp"
#include "mpi/transfer.hpp"

namespace winnow::mpi {
namespace {

template <class T>
T reduce(const Communicator& communicator, T value, MPI_Datatype type, MPI_Op operation) {
  T result{};
  check(MPI_Allreduce(&value, &result, 1, type, operation, communicator.handle()), "MPI_Allreduce");
  return result;
}

std::vector<std::uint64_t> all_lengths(const Communicator& communicator, std::uint64_t own) {
  std::vector<std::uint64_t> lengths(static_cast<std::size_t>(communicator.size()));
  check(
      MPI_Allgather(&own, 1, MPI_UINT64_T, lengths.data(), 1, MPI_UINT64_T, communicator.handle()),
      "MPI_Allgather");
  return lengths;
}

std::uint64_t total(std::span<const std::uint64_t> lengths) {
  return std::accumulate(lengths.begin(), lengths.end(), std::uint64_t{0});
}

/// `bytes` cut into consecutive pieces of the given lengths.
template <class Byte>
std::vector<std::span<Byte>> cut(std::span<Byte> bytes, std::span<const std::uint64_t> lengths) {
  std::vector<std::span<Byte>> pieces;
  for (const std::uint64_t length : lengths) {
    pieces.push_back(bytes.first(length));
    bytes = bytes.subspan(length);
  }
  return pieces;
}

/// One MPI_Allgatherv; the total must fit an int.
void all_gather_at_once(const Communicator& communicator, std::span<const std::byte> bytes,
                        GatheredBytes& gathered) {
  std::vector<int> counts;
  std::vector<int> offsets;
  int next = 0;
  for (const std::uint64_t length : gathered.lengths) {
    counts.push_back(core::checked_cast<int>(length));
    offsets.push_back(next);
    next += counts.back();
  }
  check(MPI_Allgatherv(bytes.data(), core::checked_cast<int>(bytes.size()), MPI_BYTE,
                       gathered.bytes.data(), counts.data(), offsets.data(), MPI_BYTE,
                       communicator.handle()),
        "MPI_Allgatherv");
}

}  // namespace

std::uint64_t sum(const Communicator& communicator, std::uint64_t value) {
  return reduce(communicator, value, MPI_UINT64_T, MPI_SUM);
}
std::uint64_t min(const Communicator& communicator, std::uint64_t value) {
  return reduce(communicator, value, MPI_UINT64_T, MPI_MIN);
}
std::uint64_t max(const Communicator& communicator, std::uint64_t value) {
  return reduce(communicator, value, MPI_UINT64_T, MPI_MAX);
}
double sum(const Communicator& communicator, double value) {
  return reduce(communicator, value, MPI_DOUBLE, MPI_SUM);
}
double min(const Communicator& communicator, double value) {
  return reduce(communicator, value, MPI_DOUBLE, MPI_MIN);
}
double max(const Communicator& communicator, double value) {
  return reduce(communicator, value, MPI_DOUBLE, MPI_MAX);
}

std::uint64_t exclusive_scan(const Communicator& communicator, std::uint64_t value) {
  std::uint64_t result = 0;
  check(MPI_Exscan(&value, &result, 1, MPI_UINT64_T, MPI_SUM, communicator.handle()), "MPI_Exscan");
  return communicator.is_root() ? 0 : result;
}

void sum_in_place(const Communicator& communicator, std::span<std::uint64_t> values) {
  while (!values.empty()) {
    const std::size_t length =
        std::min<std::size_t>(values.size(), kMessageLimit / sizeof(std::uint64_t));
    check(MPI_Allreduce(MPI_IN_PLACE, values.data(), core::checked_cast<int>(length), MPI_UINT64_T,
                        MPI_SUM, communicator.handle()),
          "MPI_Allreduce");
    values = values.subspan(length);
  }
}

void barrier(const Communicator& communicator) {
  check(MPI_Barrier(communicator.handle()), "MPI_Barrier");
}

std::vector<std::byte> broadcast_bytes(const Communicator& communicator,
                                       std::span<const std::byte> bytes, int root) {
  std::uint64_t length = bytes.size();
  check(MPI_Bcast(&length, 1, MPI_UINT64_T, root, communicator.handle()), "MPI_Bcast");
  std::vector<std::byte> result;
  if (communicator.rank() == root) result.assign(bytes.begin(), bytes.end());
  result.resize(length);
  broadcast_in_pieces(communicator, result, root);
  return result;
}

std::string broadcast(const Communicator& communicator, const std::string& text, int root) {
  const std::vector<std::byte> bytes =
      broadcast_bytes(communicator, std::as_bytes(std::span(text)), root);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

GatheredBytes gather_bytes(const Communicator& communicator, std::span<const std::byte> bytes,
                           int root) {
  const std::vector<std::uint64_t> lengths = all_lengths(communicator, bytes.size());
  const auto size = static_cast<std::size_t>(communicator.size());
  std::vector<std::span<const std::byte>> outgoing(size);
  outgoing[static_cast<std::size_t>(root)] = bytes;
  std::vector<std::span<std::byte>> incoming(size);
  GatheredBytes gathered;
  if (communicator.rank() == root) {
    gathered.lengths = lengths;
    gathered.bytes.resize(total(lengths));
    incoming = cut(std::span(gathered.bytes), lengths);
  }
  transfer(communicator, outgoing, incoming);
  return gathered;
}

GatheredBytes all_gather_bytes(const Communicator& communicator, std::span<const std::byte> bytes) {
  const std::vector<std::uint64_t> lengths = all_lengths(communicator, bytes.size());
  const std::uint64_t length = total(lengths);
  GatheredBytes gathered;
  if (length <= kMessageLimit) {
    gathered = {std::vector<std::byte>(length), lengths};
    all_gather_at_once(communicator, bytes, gathered);
  } else {
    gathered = gather_bytes(communicator, bytes);
    gathered.lengths = lengths;
    gathered.bytes.resize(length);
    broadcast_in_pieces(communicator, gathered.bytes, 0);
  }
  return gathered;
}

GatheredBytes all_to_all_bytes(const Communicator& communicator, std::span<const std::byte> bytes,
                               std::span<const std::uint64_t> lengths) {
  const auto size = static_cast<std::size_t>(communicator.size());
  core::check(lengths.size() == size && total(lengths) == bytes.size(),
              "all_to_all: one length per rank, summing to the bytes given");
  GatheredBytes received;
  received.lengths.resize(size);
  check(MPI_Alltoall(lengths.data(), 1, MPI_UINT64_T, received.lengths.data(), 1, MPI_UINT64_T,
                     communicator.handle()),
        "MPI_Alltoall");
  received.bytes.resize(total(received.lengths));
  transfer(communicator, cut(bytes, lengths), cut(std::span(received.bytes), received.lengths));
  return received;
}

}  // namespace winnow::mpi
