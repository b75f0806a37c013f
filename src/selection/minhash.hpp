#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace winnow::selection {

/// How MinHash values are joined to bands: two sets of Jaccard similarity s have a band in common
/// with probability 1 - (1 - s^rows)^bands.
struct Bands {
  std::uint32_t bands = 1;
  std::uint32_t rows = 1;  ///< values per band
  bool operator==(const Bands&) const = default;
};

/// The most rows per band, and as many bands as `permutations` allow, with which a pair at
/// `threshold` is proposed with probability 0.999 or more; one row per band where none reaches
/// that. For 128 permutations, in per cent: | threshold | bands x rows | 0.2 below | 0.1 below | at
/// the threshold | 0.1 above | | 0.5       | 64 x 2       | 99.761    | 99.999    | 99.999999 | 100
/// | | 0.7       | 32 x 4       | 87.321    | 98.822    | 99.985           | 99.99999  | | 0.8 | 25
/// x 5       | 86.784    | 98.995    | 99.995           | 99.999999 | | 0.9       | 16 x 8 | 61.327
/// | 94.705    | 99.988           | 100       |
[[nodiscard]] Bands choose_bands(double threshold, std::uint32_t permutations);

[[nodiscard]] double proposal_probability(double similarity, const Bands& bands);

/// MinHash (Broder 1997) of sets of 64-bit hashes, in bands (Leskovec, Rajaraman, Ullman, Mining of
/// Massive Datasets, section 3.4). The permutations are x -> a x + b mod 2^64 with a odd, so the
/// shingles must be hashes themselves.
class MinHash {
 public:
  MinHash(const Bands& bands, std::uint64_t seed);

  [[nodiscard]] std::size_t bands() const { return bands_.bands; }
  /// Appends one key per band: sets that agree in a band's values have its key in common.
  void append_band_keys(std::span<const std::uint64_t> set, std::vector<std::uint64_t>& keys) const;

 private:
  Bands bands_;
  std::vector<std::uint64_t> factor_;  ///< [bands * rows]
  std::vector<std::uint64_t> shift_;
};

}  // namespace winnow::selection
