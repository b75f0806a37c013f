#include "selection/cut_mpi.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <vector>

#include "core/error.hpp"

namespace winnow::selection {
namespace {

constexpr unsigned kBucketBits = 12;
constexpr std::uint64_t kBuckets = std::uint64_t{1} << kBucketBits;

/// The part of the order that is being split: keys, or the rows of one key.
struct Interval {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  unsigned shift = 0;

  [[nodiscard]] std::uint64_t bucket_of(std::uint64_t value) const {
    return std::min((value - low) >> shift, kBuckets - 1);
  }
  [[nodiscard]] bool contains(std::uint64_t value) const { return low <= value && value <= high; }
  [[nodiscard]] Interval bucket(std::uint64_t index) const {
    Interval part;
    part.low = low + (index << shift);
    part.high =
        index == kBuckets - 1 ? high : std::min(high, part.low + ((std::uint64_t{1} << shift) - 1));
    const auto bits = static_cast<unsigned>(std::bit_width(part.high - part.low));
    part.shift = bits > kBucketBits ? bits - kBucketBits : 0;
    return part;
  }
};

}  // namespace

Cut find_cut(CountedCollectives& collectives, std::span<const Position> positions,
             const CutRange& range, std::uint64_t least, std::uint64_t most) {
  Interval interval{range.low, range.high, range.shift};
  bool is_within_key = false;  // `interval` holds rows of `key`
  std::uint64_t key = 0;
  std::uint64_t before = 0;
  for (bool is_first = true;; is_first = false) {
    std::vector<std::uint64_t> counts(kBuckets, 0);
    for (const Position& position : positions) {
      if (is_within_key && position.key != key) continue;
      const std::uint64_t value = is_within_key ? position.row : position.key;
      if (interval.contains(value)) ++counts[interval.bucket_of(value)];
    }
    collectives.sum_in_place(counts);
    if (is_first) {
      const std::uint64_t total = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
      if (total <= most) return {{range.high, std::numeric_limits<core::RowId>::max()}, total};
    }
    std::uint64_t bucket = 0;
    while (before + counts[bucket] < least) before += counts[bucket++];
    const Interval part = interval.bucket(bucket);
    if (before + counts[bucket] <= most) {
      // Not the end of the range: more than `most` positions stand before that.
      const Position end =
          is_within_key ? Position{key, part.high + 1} : Position{part.high + 1, 0};
      return {end, before + counts[bucket]};
    }
    if (is_within_key || part.low != part.high) {
      core::check(part.low != part.high, "a position stands on one rank only");
      interval = part;
    } else {
      is_within_key = true;
      key = part.low;
      interval = {0, std::numeric_limits<core::RowId>::max(), 64 - kBucketBits};
    }
  }
}

}  // namespace winnow::selection
