#include "training/weight_slices.hpp"

#include <algorithm>

#include "training/gradient_sum.hpp"

namespace winnow::training {

std::vector<std::size_t> slice_begins(std::size_t elements, std::size_t ranks) {
  const std::size_t blocks = (elements + kNormBlock - 1) / kNormBlock;
  std::vector<std::size_t> begins;
  for (std::size_t rank = 0; rank <= ranks; ++rank)
    begins.push_back(std::min(elements, blocks * rank / ranks * kNormBlock));
  return begins;
}

std::vector<Bucket> buckets_of(const std::vector<std::size_t>& begins, std::size_t most) {
  std::vector<Bucket> buckets;
  for (std::size_t rank = begins.size() - 1; rank-- > 0;)
    for (std::size_t end = begins[rank + 1]; end > begins[rank];) {
      const std::size_t begin = end - std::min(most, end - begins[rank]);
      buckets.push_back({begin, end - begin, static_cast<int>(rank)});
      end = begin;
    }
  return buckets;
}

}  // namespace winnow::training
