#pragma once

#include <cstddef>
#include <vector>

namespace winnow::training {

/// Where the ranks' slices of `elements` weights begin, and where the last one ends [ranks + 1]:
/// whole blocks of kNormBlock elements, as even as that allows.
[[nodiscard]] std::vector<std::size_t> slice_begins(std::size_t elements, std::size_t ranks);

/// Consecutive elements of one rank's slice, which their owner sums up at a time.
struct Bucket {
  std::size_t begin = 0;
  std::size_t size = 0;
  int owner = 0;
};

/// The slices in buckets of at most `most` elements, the last one first: gradients come in from the
/// last layer on.
[[nodiscard]] std::vector<Bucket> buckets_of(const std::vector<std::size_t>& begins,
                                             std::size_t most);

}  // namespace winnow::training
