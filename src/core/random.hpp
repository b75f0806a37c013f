#pragma once

#include <cstdint>

namespace winnow::core {

/// SplitMix64's output function: a bijection of 64-bit words with good avalanche (Steele et al.
/// 2014).
[[nodiscard]] constexpr std::uint64_t mix64(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

/// A 64-bit random word that depends only on (seed, stage, item): the same on every rank, in any
/// order of calls.
[[nodiscard]] constexpr std::uint64_t random_word(std::uint64_t seed, std::uint64_t stage,
                                                  std::uint64_t item) {
  return mix64(mix64(mix64(seed) ^ stage) ^ item);
}

}  // namespace winnow::core
