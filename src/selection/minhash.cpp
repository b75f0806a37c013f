#include "selection/minhash.hpp"

#include <algorithm>
#include <limits>

#include "core/random.hpp"
#include "core/vector_clones.hpp"

namespace winnow::selection {
namespace {

constexpr std::uint64_t kMinHashStage = 0x6D696E6861736800ULL;  // "minhash"
constexpr double kRecall = 0.999;

/// value[j] = the least that permutation j makes of the set.
WINNOW_VECTOR_CLONES void lower_to_least(std::span<const std::uint64_t> set,
                                         std::span<const std::uint64_t> factor,
                                         std::span<const std::uint64_t> shift,
                                         std::span<std::uint64_t> value) {
  for (const std::uint64_t x : set)
    for (std::size_t j = 0; j < value.size(); ++j)
      value[j] = std::min(value[j], factor[j] * x + shift[j]);
}

double power(double base, std::uint32_t exponent) {
  double product = 1;
  for (std::uint32_t i = 0; i < exponent; ++i) product *= base;
  return product;
}

}  // namespace

double proposal_probability(double similarity, const Bands& bands) {
  return 1 - power(1 - power(similarity, bands.rows), bands.bands);
}

Bands choose_bands(double threshold, std::uint32_t permutations) {
  for (std::uint32_t rows = permutations; rows > 1; --rows) {
    const Bands bands{permutations / rows, rows};
    if (proposal_probability(threshold, bands) >= kRecall) return bands;
  }
  return {permutations, 1};
}

MinHash::MinHash(const Bands& bands, std::uint64_t seed) : bands_(bands) {
  for (std::uint64_t i = 0; i < std::uint64_t{bands.bands} * bands.rows; ++i) {
    factor_.push_back(core::random_word(seed, kMinHashStage, 2 * i) | 1);
    shift_.push_back(core::random_word(seed, kMinHashStage, 2 * i + 1));
  }
}

void MinHash::append_band_keys(std::span<const std::uint64_t> set,
                               std::vector<std::uint64_t>& keys) const {
  std::vector<std::uint64_t> value(factor_.size(), std::numeric_limits<std::uint64_t>::max());
  lower_to_least(set, factor_, shift_, value);
  for (std::uint32_t band = 0; band < bands_.bands; ++band) {
    std::uint64_t key = band;
    for (std::uint32_t i = 0; i < bands_.rows; ++i)
      key = core::mix64(key ^ value[std::size_t{band} * bands_.rows + i]);
    keys.push_back(key);
  }
}

}  // namespace winnow::selection
