#include "selection/minhash.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "core/random.hpp"

namespace winnow::selection {
namespace {

TEST(MinHash, ChoosesBandsThatFindPairsAtTheThreshold) {
  EXPECT_EQ(choose_bands(0.5, 128), (Bands{64, 2}));
  EXPECT_EQ(choose_bands(0.7, 128), (Bands{32, 4}));
  EXPECT_EQ(choose_bands(0.8, 128), (Bands{25, 5}));
  EXPECT_EQ(choose_bands(0.9, 128), (Bands{16, 8}));
  EXPECT_EQ(choose_bands(1.0, 128), (Bands{1, 128}));
  EXPECT_EQ(choose_bands(0.01, 16), (Bands{16, 1}));
  EXPECT_NEAR(proposal_probability(0.8, {25, 5}), 0.99995, 1e-5);
  EXPECT_NEAR(proposal_probability(0.6, {25, 5}), 0.86784, 1e-5);
}

/// Pairs of sets of a known similarity, as often proposed as the curve says.
TEST(MinHash, ProposesAsOftenAsTheCurveSays) {
  constexpr std::size_t kPairs = 4'000;
  const Bands bands{25, 5};
  std::uint64_t word = 0;
  for (const std::size_t shared : {10U, 20U, 30U, 36U}) {
    const double similarity = static_cast<double>(shared) / static_cast<double>(80 - shared);
    std::size_t proposed = 0;
    for (std::size_t pair = 0; pair < kPairs; ++pair) {
      const MinHash minhash(bands, pair % 50);
      std::vector<std::uint64_t> a, b;
      for (std::size_t i = 0; i < 80 - shared; ++i) {
        const std::uint64_t hash = core::mix64(word++);
        if (i < 40) a.push_back(hash);
        if (i < shared || i >= 40) b.push_back(hash);
      }
      std::vector<std::uint64_t> keys_a, keys_b;
      minhash.append_band_keys(a, keys_a);
      minhash.append_band_keys(b, keys_b);
      bool is_proposed = false;
      for (std::size_t band = 0; band < minhash.bands(); ++band)
        is_proposed = is_proposed || keys_a[band] == keys_b[band];
      proposed += is_proposed ? 1 : 0;
    }
    const double expected = proposal_probability(similarity, bands);
    const double deviation = std::sqrt(kPairs * expected * (1 - expected));
    EXPECT_NEAR(static_cast<double>(proposed), kPairs * expected, 4 * deviation + 1)
        << "similarity " << similarity;
  }
}

TEST(MinHash, DependsOnTheSetAndTheSeedAlone) {
  const std::vector<std::uint64_t> set{3, 1, 2}, sorted{1, 2, 3};
  std::vector<std::uint64_t> a, b, other;
  MinHash({4, 2}, 9).append_band_keys(set, a);
  MinHash({4, 2}, 9).append_band_keys(sorted, b);
  MinHash({4, 2}, 10).append_band_keys(set, other);
  EXPECT_EQ(a, b);
  EXPECT_NE(a, other);
  EXPECT_EQ(a.size(), 4U);
}

}  // namespace
}  // namespace winnow::selection
