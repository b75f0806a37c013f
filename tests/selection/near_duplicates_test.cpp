#include "selection/near_duplicates.hpp"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "selection/minhash.hpp"
#include "selection/shingled_corpus.hpp"

namespace winnow::selection {
namespace {

double jaccard(std::span<const std::uint64_t> a, std::span<const std::uint64_t> b) {
  std::vector<std::uint64_t> shared, all;
  std::ranges::set_intersection(a, b, std::back_inserter(shared));
  std::ranges::set_union(a, b, std::back_inserter(all));
  return all.empty() ? 1 : static_cast<double>(shared.size()) / static_cast<double>(all.size());
}

/// The rule, pair by pair.
NearDuplicates loop(const ShingledRows& rows, const NearDuplicateRule& rule) {
  const MinHash minhash(choose_bands(rule.min_jaccard_similarity, rule.permutations), rule.seed);
  const auto keys_of = [&](std::size_t i) {
    std::vector<std::uint64_t> keys;
    minhash.append_band_keys(rows.set(i), keys);
    return keys;
  };
  std::vector<std::size_t> order(rows.row.size()), kept;
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return rows.position(i); });
  NearDuplicates result;
  for (const std::size_t i : order) {
    const auto like = std::ranges::find_if(kept, [&](std::size_t k) {
      if (jaccard(rows.set(i), rows.set(k)) < rule.min_jaccard_similarity) return false;
      const auto own = keys_of(i), others = keys_of(k);
      for (std::size_t band = 0; band < own.size(); ++band)
        if (own[band] == others[band]) return true;
      return false;
    });
    if (like != kept.end()) {
      result.dropped.push_back(
          {rows.position(i), rows.row[*like], jaccard(rows.set(i), rows.set(*like))});
    } else {
      kept.push_back(i);
      result.kept.push_back(rows.row[i]);
    }
  }
  return result;
}

TEST(NearDuplicates, AreThoseOfTheLoopOverProposedPairs) {
  for (const std::size_t count : {0U, 1U, 2U, 50U, 800U})
    for (const double threshold : {0.1, 0.5, 0.8, 1.0})
      for (const std::uint32_t permutations : {1U, 7U, 128U}) {
        const ShingledCorpus corpus = random_shingles(count);
        const NearDuplicateRule rule{threshold, permutations, count};
        const NearDuplicates result = near_duplicates(corpus.input(), rule);
        const NearDuplicates expected = loop(corpus.input(), rule);
        ASSERT_EQ(result.kept, expected.kept) << count << " rows, threshold " << threshold;
        ASSERT_EQ(result.dropped, expected.dropped);
      }
}

TEST(NearDuplicates, CountFromTheThresholdOnAndNameTheEarliestKeptRow) {
  ShingledCorpus corpus;
  corpus.add(2, {1, 2, 3, 4, 5});        // row 0: looked at last, similar to both others
  corpus.add(1, {1, 2, 3, 4});           // row 2
  corpus.add(0, {1, 2, 3, 4, 5, 6, 7});  // row 4
  const NearDuplicates at = near_duplicates(corpus.input(), {0.7, 128, 0});
  EXPECT_EQ(at.kept, (std::vector<core::RowId>{4, 2}));
  EXPECT_EQ(at.dropped, (std::vector<NearDuplicate>{{{2, 0}, 4, 5.0 / 7}}));
  const NearDuplicates exactly = near_duplicates(corpus.input(), {0.8, 128, 0});
  EXPECT_EQ(exactly.dropped, (std::vector<NearDuplicate>{{{2, 0}, 2, 0.8}}));
  const NearDuplicates above = near_duplicates(corpus.input(), {0.81, 128, 0});
  EXPECT_EQ(above.dropped.size(), 0U);
}

TEST(NearDuplicates, OfDroppedRowsStay) {
  ShingledCorpus corpus;
  corpus.add(0, {1, 2, 3, 4});
  corpus.add(0, {2, 3, 4, 5});
  corpus.add(0, {3, 4, 5, 6});
  const NearDuplicates result = near_duplicates(corpus.input(), {0.6, 128, 0});
  EXPECT_EQ(result.kept, (std::vector<core::RowId>{0, 4}));
}

TEST(NearDuplicates, CopiesResembleWhatTheirFirstResembles) {
  ShingledCorpus corpus;
  corpus.add(0, {});
  corpus.add(0, {1, 2, 3, 4, 5});
  for (std::size_t i = 0; i < 10'000; ++i) corpus.add(1, {1, 2, 3, 4, 5, 6});
  for (std::size_t i = 0; i < 10'000; ++i) corpus.add(1, {7});
  corpus.add(1, {});
  const NearDuplicates result = near_duplicates(corpus.input(), {});
  EXPECT_EQ(result.kept, (std::vector<core::RowId>{0, 2, 20'004}));
  ASSERT_EQ(result.dropped.size(), 20'000U);
  EXPECT_EQ(result.dropped[9'999], (NearDuplicate{{1, 20'002}, 2, 5.0 / 6}));
  EXPECT_EQ(result.dropped[10'000], (NearDuplicate{{1, 20'006}, 20'004, 1}));
  EXPECT_EQ(result.dropped[19'999], (NearDuplicate{{1, 40'004}, 0, 1}));
}

TEST(NearDuplicates, RefuseARuleOutOfRange) {
  const ShingledCorpus corpus = random_shingles(3);
  for (const double threshold : {0.0, -0.5, 1.1, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THROW((void)near_duplicates(corpus.input(), {threshold, 128, 0}), core::UsageError);
  EXPECT_THROW((void)near_duplicates(corpus.input(), {0.8, 0, 0}), core::UsageError);
}

}  // namespace
}  // namespace winnow::selection
