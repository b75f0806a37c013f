#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/hash.hpp"

namespace winnow::selection {

// Sets of 64-bit words: ascending and distinct.

/// Equal for equal sets and, but for a chance of 2^-128 per pair, for no others.
[[nodiscard]] core::Hash128 hash_of_set(std::span<const std::uint64_t> set);

/// Shared elements through all elements of the two; 1 for two empty sets.
[[nodiscard]] double jaccard_similarity(std::span<const std::uint64_t> a,
                                        std::span<const std::uint64_t> b);

/// Items by keys; an item has several keys and a key several items.
class Buckets {
 public:
  void add(std::uint64_t key, std::uint32_t item);
  /// The items that have one of the keys, ascending.
  [[nodiscard]] std::vector<std::uint32_t> find(std::span<const std::uint64_t> keys) const;

 private:
  struct Entry {
    std::uint64_t key = 0;
    std::uint32_t item = 0;
    std::uint32_t next = 0;  ///< entry of the same chain; kNone ends it
  };
  void grow();

  std::vector<std::uint32_t> first_;  ///< of each chain; a power of two of them
  std::vector<Entry> entries_;
};

/// The kept set that another one is a near duplicate of.
struct KeptMatch {
  std::size_t kept = 0;  ///< number of the set in the order of `keep`
  double jaccard_similarity = 0;
};

/// Sets that are kept, and the question which of them another set resembles.
class KeptSets {
 public:
  explicit KeptSets(double min_jaccard_similarity)
      : min_jaccard_similarity_(min_jaccard_similarity) {}

  [[nodiscard]] std::size_t size() const { return offset_.size() - 1; }
  /// @param band_keys  of the set, see MinHash
  void keep(std::span<const std::uint64_t> set, std::span<const std::uint64_t> band_keys);
  /// The first kept set that has a band key in common and is similar enough.
  [[nodiscard]] std::optional<KeptMatch> find(std::span<const std::uint64_t> set,
                                              std::span<const std::uint64_t> band_keys) const;

 private:
  double min_jaccard_similarity_;
  std::vector<std::size_t> offset_{0};
  std::vector<std::uint64_t> element_;
  Buckets buckets_;
};

}  // namespace winnow::selection
