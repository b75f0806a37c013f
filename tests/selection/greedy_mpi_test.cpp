#include "selection/greedy_mpi.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "selection/corpus.hpp"

namespace winnow::selection {
namespace {

using test::Corpus;
using test::Shape;

bool operator==(const Selection& a, const Selection& b) {
  return a.row == b.row && a.gain == b.gain && a.score == b.score && a.diversity == b.diversity &&
         a.filled_from == b.filled_from && a.spent == b.spent;
}

bool operator==(const GreedyTraffic& a, const GreedyTraffic& b) {
  return a.rounds == b.rounds && a.collectives == b.collectives &&
         a.payload_bytes == b.payload_bytes && a.shipped_rows == b.shipped_rows &&
         a.refreshes == b.refreshes && a.replay_evaluations == b.replay_evaluations;
}

/// Expects the picks and the traffic of one rank that has all rows, and the picks of the pure
/// greedy.
DistributedGreedy expect_same(const Corpus& whole, const GreedyRule& rule, std::uint64_t amount,
                              std::uint64_t pool_size, bool has_costs = false) {
  const mpi::Communicator world = mpi::Communicator::world();
  const mpi::Communicator self = mpi::Communicator::self();
  const Corpus part = test::part_of(whole, static_cast<std::uint64_t>(world.size()),
                                    static_cast<std::uint64_t>(world.rank()));
  const auto input = [&](const Corpus& corpus) {
    return has_costs ? corpus.costed_input() : corpus.input();
  };
  DistributedGreedy together = threshold_greedy(world, input(part), rule, amount, pool_size);
  const DistributedGreedy alone = threshold_greedy(self, input(whole), rule, amount, pool_size);
  const Selection pure = greedy(input(whole), rule, amount);
  EXPECT_TRUE(together.selection == pure);
  EXPECT_TRUE(alone.selection == pure);
  EXPECT_TRUE(together.traffic == alone.traffic);
  return together;
}

TEST(GreedyMpi, PicksAndTrafficDoNotDependOnTheRanks) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const Shape shape{.rows = 150 + 60 * seed,
                      .terms = 20 + 30 * seed,
                      .copies = seed % 4,
                      .coarse = seed % 2 == 0};
    const Corpus corpus = test::random_corpus(seed, shape);
    for (const double decay : {0.0, 0.1, 0.5, 1.0}) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", decay " << decay);
      expect_same(corpus, {decay}, corpus.row.size() / 3, 20);
      expect_same(corpus, {decay}, corpus.row.size(), 1000);
    }
  }
  const Corpus corpus = test::random_corpus(4, {.rows = 40, .terms = 20});
  expect_same(corpus, {0.5}, 40, 1);
}

TEST(GreedyMpi, AnswersTheEdges) {
  for (const std::size_t rows : {0U, 1U, 2U, 5U})
    expect_same(test::random_corpus(rows, {.rows = rows}), {0.1}, 5, 0);
  const Corpus corpus = test::random_corpus(9, {.rows = 90, .copies = 4, .coarse = true});
  expect_same(corpus, {0.1}, 0, 0);
  expect_same(corpus, {0.0, true}, 90, 8);
  expect_same(corpus, {0.0}, 700, 8, true);
  expect_same(corpus, {0.5}, 300, 8, true);
  expect_same(test::random_corpus(3, {.rows = 40, .longest = 0, .copies = 0}), {0.1}, 40, 4);
  expect_same(test::random_corpus(4, {.rows = 200, .terms = 1, .longest = 1}), {0.1}, 200, 4);
  Corpus no_score = corpus;
  std::fill(no_score.score.begin(), no_score.score.end(), 0.0);
  expect_same(no_score, {0.1}, 50, 0);
  Corpus equal_scores = corpus;
  std::fill(equal_scores.score.begin(), equal_scores.score.end(), 0.5);
  expect_same(equal_scores, {0.1}, 90, 4);
}

TEST(GreedyMpi, AgreesWhereProductsRoundToOneGain) {
  for (std::uint64_t seed = 0; seed < 8; ++seed)
    expect_same(
        test::random_corpus(seed, {.rows = 80,
                                   .terms = 6,
                                   .longest = 4,
                                   .copies = 6,
                                   .coarse = true,
                                   .scale = 40 * std::numeric_limits<double>::denorm_min()}),
        {0.5}, 80, 5);
}

TEST(GreedyMpi, ShipsThousandsOfCopiesOnce) {
  const std::size_t rows = 10'000;
  const Corpus corpus = test::copies_of_one_row(rows, [](std::size_t) { return 0.5; });
  for (const double decay : {0.1, 1.0}) {
    const GreedyTraffic traffic = expect_same(corpus, {decay}, rows, 64).traffic;
    EXPECT_EQ(traffic.shipped_rows, 1U);
    EXPECT_EQ(traffic.rounds, 1U);
  }
}

TEST(GreedyMpi, KeepsThePoolSmallAmongThousandsOfEqualGains) {
  // Rows of different content and one gain: the threshold has to cut between row ids.
  const std::size_t rows = 4'000;
  Corpus corpus = test::random_corpus(1, {.rows = rows, .terms = rows, .longest = 0, .copies = 0});
  auto& weighted = corpus.weighted;
  weighted.row_begin.assign(1, 0);
  for (std::size_t i = 0; i < rows; ++i) {
    weighted.term.push_back(static_cast<std::uint32_t>(i));
    weighted.weight.push_back(0.5);
    weighted.singleton_weight[i] = 0.25;
    weighted.row_begin.push_back(i + 1);
    corpus.score[i] = 0.5;
  }
  const GreedyTraffic traffic = expect_same(corpus, {0.1}, 100, 32).traffic;
  EXPECT_LE(traffic.shipped_rows, 164U);
}

TEST(GreedyMpi, FindsGainsFarBelowTheLastThreshold) {
  // Each group of rows gains a 2^-40th of the one before.
  Corpus corpus = test::random_corpus(2, {.rows = 300, .terms = 100, .copies = 0});
  for (std::size_t i = 0; i < corpus.score.size(); ++i)
    corpus.score[i] = std::ldexp(corpus.score[i], -40 * static_cast<int>(i % 20));
  const GreedyTraffic traffic = expect_same(corpus, {0.5}, 300, 10).traffic;
  EXPECT_LE(traffic.rounds, 100U);
}

TEST(GreedyMpi, RefusesBadInputOnAllRanksTogether) {
  const mpi::Communicator world = mpi::Communicator::world();
  Corpus corpus = test::random_corpus(2, {.rows = 4});
  for (core::RowId& row : corpus.row) row += 100 * static_cast<core::RowId>(world.rank());
  if (world.is_root()) corpus.score[2] = -1.0;
  EXPECT_THROW((void)threshold_greedy(world, corpus.input(), {0.1}, 2), core::InternalError);
}

}  // namespace
}  // namespace winnow::selection
