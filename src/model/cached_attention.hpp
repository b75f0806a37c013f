#pragma once

#include <cstddef>
#include <span>

namespace winnow::model {

/// Keys and values of one key head of a sequence. Key element i of token t stands at keys[i *
/// stride + t], value element i at values[t * size + i].
struct CachedHead {
  const float* keys = nullptr;
  const float* values = nullptr;
  std::size_t stride = 0;  ///< tokens that there is room for
  std::size_t size = 0;    ///< elements of a head
  std::size_t first = 0;   ///< tokens [first, end) are seen
  std::size_t end = 0;
};

/// softmax(cap(scale * query . key)) over the seen tokens times their values, for the query heads
/// that share a key head; cap(s) is limit * tanh(s / limit), or s where `limit` is 0. On the CPU,
/// in one thread. The bits depend on nothing but the arguments.
///
/// @param queries  [query heads, size]
/// @param out      [query heads, size]
void attend_to_cached_head(std::span<const float> queries, const CachedHead& head, float scale,
                           float limit, std::span<float> out);

}  // namespace winnow::model
