#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/partition.hpp"
#include "selection/position.hpp"

namespace winnow::selection {

/// Rows with an order and a set of shingles (hashes of word n-grams, say) each. [n]
struct ShingledRows {
  std::span<const core::RowId> row;
  std::span<const std::uint64_t> key;  ///< rows are looked at by key, then row id
  std::span<const std::uint64_t>
      offset;  ///< [n + 1]: the shingles of row i are [offset[i], offset[i + 1])
  std::span<const std::uint64_t> shingle;  ///< ascending and distinct within a row

  [[nodiscard]] Position position(std::size_t i) const { return {key[i], row[i]}; }
  [[nodiscard]] std::span<const std::uint64_t> set(std::size_t i) const {
    return shingle.subspan(offset[i], offset[i + 1] - offset[i]);
  }
};

/// When a row counts as a near duplicate, and how pairs are found.
struct NearDuplicateRule {
  double min_jaccard_similarity = 0.8;  ///< in (0, 1]; from here on rows are near duplicates
  std::uint32_t permutations = 128;     ///< MinHash values of a row, at least 1
  std::uint64_t seed = 0;               ///< of the permutations
};

/// A dropped row and the earliest kept row that it is a near duplicate of.
struct NearDuplicate {
  Position position;  ///< of the dropped row
  core::RowId kept = 0;
  double jaccard_similarity = 0;
  bool operator==(const NearDuplicate&) const = default;
};

/// Every row is in one of the two. [in order]
struct NearDuplicates {
  std::vector<core::RowId> kept;
  std::vector<NearDuplicate> dropped;
};

/// @throws UsageError if the rule is out of range; InternalError if the rows are not as said above.
void check_near_duplicates_input(const ShingledRows& rows, const NearDuplicateRule& rule);

/// Goes through the rows in order and drops each whose Jaccard similarity (shared shingles through
/// all shingles of the two) to an earlier kept row is at least `min_jaccard_similarity`, among the
/// pairs that MinHash proposes (minhash.hpp: at the threshold itself 999 of 1,000 or more, above it
/// nearly all). Every proposed pair is compared by its shingles, so that no row is dropped wrongly;
/// pairs of equal sets are always found. Two empty sets are equal: similarity 1.
///
/// The rule is ours. text-dedup, NeMo Curator and Data-Juicer (which also count from the threshold
/// on) join similar pairs into clusters and keep one row of each, so that a chain of pairs drops
/// rows that resemble no kept one; here every dropped row resembles the kept row that is named.
/// @throws UsageError, InternalError as above.
[[nodiscard]] NearDuplicates near_duplicates(const ShingledRows& rows,
                                             const NearDuplicateRule& rule);

}  // namespace winnow::selection
