#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <type_traits>
#include <vector>

namespace winnow::selection {

/// How processes that each hold some of the rows bring numbers together: what an algorithm needs of
/// them that does not name MPI. All processes call the same function at the same place.
struct Exchange {
  std::size_t process = 0;  ///< this one among all
  /// Element-wise sums, modulo 2^64; equal lengths everywhere.
  std::function<void(std::span<std::uint64_t>)> sum_in_place;
  std::function<double(double)> max;
  /// Everyone's bytes, in the order of the processes.
  std::function<std::vector<std::byte>(std::span<const std::byte>)> gather_bytes;

  template <class T>
  requires std::is_trivially_copyable_v<T>
  [[nodiscard]] std::vector<T> gather(std::span<const T> values) const {
    const std::vector<std::byte> bytes = gather_bytes(std::as_bytes(values));
    std::vector<T> gathered(bytes.size() / sizeof(T));
    if (!bytes.empty()) std::memcpy(gathered.data(), bytes.data(), bytes.size());
    return gathered;
  }
};

/// One process that holds all rows.
[[nodiscard]] Exchange alone();

}  // namespace winnow::selection
