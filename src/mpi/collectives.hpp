#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "mpi/communicator.hpp"
#include "mpi/transfer.hpp"

// Everything here is collective. Lengths are 64-bit; messages above MPI's int counts are split.

namespace winnow::mpi {

[[nodiscard]] std::uint64_t sum(const Communicator& communicator, std::uint64_t value);
[[nodiscard]] std::uint64_t min(const Communicator& communicator, std::uint64_t value);
[[nodiscard]] std::uint64_t max(const Communicator& communicator, std::uint64_t value);
/// The sum of doubles depends on the rank count in its last bits: for progress and timings, never
/// for stored numbers.
[[nodiscard]] double sum(const Communicator& communicator, double value);
[[nodiscard]] double min(const Communicator& communicator, double value);
[[nodiscard]] double max(const Communicator& communicator, double value);

/// Sum of `value` over the ranks below this one; 0 on rank 0.
[[nodiscard]] std::uint64_t exclusive_scan(const Communicator& communicator, std::uint64_t value);

/// Element-wise sum over the ranks, in place; `values` has the same length on every rank.
void sum_in_place(const Communicator& communicator, std::span<std::uint64_t> values);

void barrier(const Communicator& communicator);

/// Bytes in rank order, with the length that each rank gave.
struct GatheredBytes {
  std::vector<std::byte> bytes;
  std::vector<std::uint64_t> lengths;  ///< [size]; empty where nothing is gathered
};

/// Root's bytes on every rank; what the other ranks pass is ignored.
[[nodiscard]] std::vector<std::byte> broadcast_bytes(const Communicator& communicator,
                                                     std::span<const std::byte> bytes,
                                                     int root = 0);
[[nodiscard]] std::string broadcast(const Communicator& communicator, const std::string& text,
                                    int root = 0);
/// Everyone's bytes on `root`; empty elsewhere.
[[nodiscard]] GatheredBytes gather_bytes(const Communicator& communicator,
                                         std::span<const std::byte> bytes, int root = 0);
/// Everyone's bytes on every rank.
[[nodiscard]] GatheredBytes all_gather_bytes(const Communicator& communicator,
                                             std::span<const std::byte> bytes);
/// Sends `lengths[r]` consecutive bytes to each rank r; returns what each rank sent to this one.
/// `lengths` [size], its sum bytes.size().
[[nodiscard]] GatheredBytes all_to_all_bytes(const Communicator& communicator,
                                             std::span<const std::byte> bytes,
                                             std::span<const std::uint64_t> lengths);

/// A vector gathered in rank order, and how many elements each rank gave.
template <class T>
struct Gathered {
  std::vector<T> values;
  std::vector<std::uint64_t> counts;  ///< [size]; empty where nothing is gathered
};

namespace detail {

template <class T>
std::vector<T> to_values(std::span<const std::byte> bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

template <class T>
Gathered<T> to_gathered(GatheredBytes gathered) {
  for (std::uint64_t& length : gathered.lengths) length /= sizeof(T);
  return {to_values<T>(gathered.bytes), std::move(gathered.lengths)};
}

}  // namespace detail

template <class T>
concept Transferable = std::is_trivially_copyable_v<T>;

template <Transferable T>
[[nodiscard]] std::vector<T> broadcast(const Communicator& communicator,
                                       const std::vector<T>& values, int root = 0) {
  return detail::to_values<T>(
      broadcast_bytes(communicator, std::as_bytes(std::span(values)), root));
}

template <Transferable T>
[[nodiscard]] Gathered<T> gather(const Communicator& communicator, std::span<const T> values,
                                 int root = 0) {
  return detail::to_gathered<T>(gather_bytes(communicator, std::as_bytes(values), root));
}

template <Transferable T>
[[nodiscard]] Gathered<T> all_gather(const Communicator& communicator, std::span<const T> values) {
  return detail::to_gathered<T>(all_gather_bytes(communicator, std::as_bytes(values)));
}

/// Sends `counts[r]` consecutive values to each rank r. `counts` [size], its sum values.size().
template <Transferable T>
[[nodiscard]] Gathered<T> all_to_all(const Communicator& communicator, std::span<const T> values,
                                     std::span<const std::uint64_t> counts) {
  std::vector<std::uint64_t> lengths(counts.begin(), counts.end());
  for (std::uint64_t& length : lengths) length *= sizeof(T);
  return detail::to_gathered<T>(all_to_all_bytes(communicator, std::as_bytes(values), lengths));
}

/// Sends `outgoing[r]` to each rank r and fills `incoming[r]` with what r sends here. [size],
/// lengths agreed beforehand; an empty one costs nothing.
template <Transferable T>
void all_to_all(const Communicator& communicator, std::span<const std::span<const T>> outgoing,
                std::span<const std::span<T>> incoming) {
  std::vector<std::span<const std::byte>> sent;
  for (const std::span<const T> values : outgoing) sent.push_back(std::as_bytes(values));
  std::vector<std::span<std::byte>> received;
  for (const std::span<T> values : incoming) received.push_back(std::as_writable_bytes(values));
  transfer(communicator, sent, received);
}

/// Sends `outgoing[r]` to each rank r. [size]
template <Transferable T>
[[nodiscard]] Gathered<T> all_to_all(const Communicator& communicator,
                                     const std::vector<std::vector<T>>& outgoing) {
  std::vector<T> values;
  std::vector<std::uint64_t> counts;
  for (const std::vector<T>& part : outgoing) {
    values.insert(values.end(), part.begin(), part.end());
    counts.push_back(part.size());
  }
  return all_to_all(communicator, std::span<const T>(values), counts);
}

}  // namespace winnow::mpi
