#include "selection/greedy.hpp"

#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "selection/corpus.hpp"

namespace winnow::selection {
namespace {

using test::Corpus;
using test::Shape;

const std::vector<double> kDecays{0.0, 0.1, 0.5, 1.0};

TEST(Greedy, PicksWhatTheNaiveLoopPicks) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Shape shape{
        .rows = 20 + 3 * seed, .terms = 5 + seed, .copies = seed % 5, .coarse = seed % 2 == 0};
    const Corpus corpus = test::random_corpus(seed, shape);
    for (const double decay : kDecays)
      EXPECT_EQ(greedy(corpus.input(), {decay}, corpus.row.size()).row,
                test::naive_greedy(corpus, decay, corpus.row.size()))
          << "seed " << seed << ", decay " << decay;
  }
}

TEST(Greedy, AgreesWithTheNaiveLoopWhereProductsRoundToOneGain) {
  // Scores a few steps of the smallest double apart: different scores, equal gains.
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Corpus corpus =
        test::random_corpus(seed, {.rows = 80,
                                   .terms = 6,
                                   .longest = 4,
                                   .copies = 6,
                                   .coarse = true,
                                   .scale = 40 * std::numeric_limits<double>::denorm_min()});
    for (const double decay : kDecays)
      EXPECT_EQ(greedy(corpus.input(), {decay}, 80).row, test::naive_greedy(corpus, decay, 80))
          << "seed " << seed << ", decay " << decay;
  }
}

TEST(Greedy, ReportsGainScoreAndDiversityOfEachPick) {
  Corpus corpus = test::copies_of_one_row(3, [](std::size_t i) { return i == 1 ? 0.5 : 0.25; });
  const Selection selection = greedy(corpus.input(), {0.5}, 3);
  EXPECT_EQ(selection.row, (std::vector<core::RowId>{1, 0, 2}));
  EXPECT_EQ(selection.score, (std::vector<double>{0.5, 0.25, 0.25}));
  EXPECT_EQ(selection.diversity, (std::vector<double>{1.0, 0.5, 0.25}));
  EXPECT_EQ(selection.gain, (std::vector<double>{0.5, 0.125, 0.0625}));
  EXPECT_EQ(selection.filled_from, std::nullopt);
  EXPECT_EQ(selection.spent, 3U);
}

TEST(Greedy, FillsByScoreOnceNothingGains) {
  const Corpus corpus = test::copies_of_one_row(
      4, [](std::size_t i) { return 0.2 + 0.1 * static_cast<double>(i % 3); });
  const Selection selection = greedy(corpus.input(), {0.0}, 4);
  EXPECT_EQ(selection.row, (std::vector<core::RowId>{2, 1, 0, 3}));
  EXPECT_EQ(selection.filled_from, 1U);
  EXPECT_EQ(selection.gain->back(), 0.0);
}

TEST(Greedy, RepeatsTheFirstCandidateAtZeroGainWhenFaithful) {
  const Corpus corpus = test::copies_of_one_row(
      4, [](std::size_t i) { return 0.2 + 0.1 * static_cast<double>(i % 3); });
  const Selection selection = greedy(corpus.input(), {0.0, true}, 4);
  EXPECT_EQ(selection.row, (std::vector<core::RowId>{2, 0, 0, 0}));
  EXPECT_EQ(selection.filled_from, 1U);
}

TEST(Greedy, AnswersTheEdges) {
  const Corpus none = test::random_corpus(1, {.rows = 0});
  EXPECT_TRUE(greedy(none.input(), {0.1}, 5).row.empty());
  EXPECT_TRUE(greedy(none.input(), {0.1, true}, 5).row.empty());
  const Corpus one = test::random_corpus(2, {.rows = 1});
  EXPECT_EQ(greedy(one.input(), {0.1}, 5).row, one.row);
  EXPECT_TRUE(greedy(one.input(), {0.1}, 0).row.empty());
  EXPECT_EQ(greedy(one.input(), {0.1}, 0).filled_from, std::nullopt);

  const Corpus empty_rows = test::random_corpus(3, {.rows = 9, .longest = 0, .copies = 0});
  EXPECT_EQ(greedy(empty_rows.input(), {0.1}, 9).row, test::naive_greedy(empty_rows, 0.1, 9));
  const Corpus one_word = test::random_corpus(4, {.rows = 50, .terms = 1, .longest = 1});
  EXPECT_EQ(greedy(one_word.input(), {0.1}, 50).row, test::naive_greedy(one_word, 0.1, 50));
  Corpus no_score = test::random_corpus(5, {.rows = 30});
  for (double& score : no_score.score) score = 0.0;
  const Selection filled = greedy(no_score.input(), {0.1}, 30);
  EXPECT_EQ(filled.row, no_score.row);
  EXPECT_EQ(filled.filled_from, 0U);
}

TEST(Greedy, TakesThousandsOfCopiesInTimeLinearInThePicks) {
  // Quadratic work would be 10^10 evaluations here and run into the test's time limit.
  const std::size_t rows = 100'000;
  const Corpus equal = test::copies_of_one_row(rows, [](std::size_t) { return 0.5; });
  std::vector<core::RowId> in_order(rows);
  std::iota(in_order.begin(), in_order.end(), core::RowId{0});
  EXPECT_EQ(greedy(equal.input(), {1.0}, rows).row, in_order);
  EXPECT_EQ(greedy(equal.input(), {0.1}, rows).row, in_order);

  const Corpus rising = test::copies_of_one_row(
      rows, [&](std::size_t i) { return static_cast<double>(i + 1) / (2.0 * rows); });
  EXPECT_EQ(greedy(rising.input(), {1.0}, rows).row,
            (std::vector<core::RowId>(in_order.rbegin(), in_order.rend())));
}

TEST(Greedy, StopsAtTheFirstRowThatDoesNotFit) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Corpus corpus = test::random_corpus(seed, {.rows = 60, .terms = 20, .coarse = true});
    for (const double decay : {0.0, 0.5}) {
      const Selection selection = greedy(corpus.costed_input(), {decay}, 400);
      std::vector<core::RowId> expected = test::naive_greedy(corpus, decay, 60);
      std::uint64_t spent = 0;
      std::size_t count = 0;
      for (; count < expected.size(); ++count) {
        const auto at = std::lower_bound(corpus.row.begin(), corpus.row.end(), expected[count]) -
                        corpus.row.begin();
        const std::uint32_t cost = corpus.cost[static_cast<std::size_t>(at)];
        if (spent + cost > 400) break;
        spent += cost;
      }
      expected.resize(count);
      EXPECT_EQ(selection.row, expected);
      EXPECT_EQ(selection.spent, spent);
    }
  }
}

TEST(Greedy, RefusesWhatWouldBreakItsOrder) {
  Corpus corpus = test::random_corpus(6, {.rows = 3});
  EXPECT_THROW((void)greedy(corpus.input(), {1.5}, 1), core::UsageError);
  EXPECT_THROW((void)greedy(corpus.input(), {std::numeric_limits<double>::quiet_NaN()}, 1),
               core::UsageError);
  corpus.score[1] = -0.5;
  EXPECT_THROW((void)greedy(corpus.input(), {0.1}, 1), core::InternalError);
  corpus.score[1] = std::numeric_limits<double>::infinity();
  EXPECT_THROW((void)greedy(corpus.input(), {0.1}, 1), core::InternalError);
}

}  // namespace
}  // namespace winnow::selection
