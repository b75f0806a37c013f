#include "tfidf/vectorize_mpi.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/partition.hpp"
#include "mpi/collectives.hpp"
#include "tfidf/dump_mpi.hpp"
#include "tfidf/random_texts.hpp"

namespace winnow::tfidf {
namespace {

using Share = core::RowRange (*)(std::uint64_t documents, std::uint64_t ranks, std::uint64_t rank);

core::RowRange in_blocks(std::uint64_t documents, std::uint64_t ranks, std::uint64_t rank) {
  return core::block_range(documents, ranks, rank);
}

core::RowRange all_on_the_last(std::uint64_t documents, std::uint64_t ranks, std::uint64_t rank) {
  return rank + 1 == ranks ? core::RowRange{0, documents} : core::RowRange{};
}

std::span<const std::string> part(const mpi::Communicator& world,
                                  const std::vector<std::string>& texts, Share share) {
  const auto range = share(texts.size(), static_cast<std::uint64_t>(world.size()),
                           static_cast<std::uint64_t>(world.rank()));
  return std::span(texts).subspan(range.begin, range.size());
}

template <typename Terms>
Terms read(std::span<const std::string> texts) {
  Terms terms;
  for (const std::string& text : texts) terms.add(text);
  return terms;
}

/// The rows of all documents on one shard, cut to those that this rank has, must be this rank's
/// rows.
void expect_equals_fold(const std::vector<std::string>& texts, Share share) {
  const auto world = mpi::Communicator::world();
  const auto mine = part(world, texts, share);
  const Vectorized found = vectorize(world, read<DocumentTerms>(mine));

  const InvertedTerms whole = read<DocumentTerms>(texts).invert();
  std::vector<std::uint32_t> frequencies;
  for (const TermFrequency& term : whole.frequencies) frequencies.push_back(term.documents);
  const WeightedRows rows = weigh(whole, frequencies, texts.size(), Singletons::fold);
  Fit fit{.documents = texts.size(),
          .terms = whole.frequencies.size(),
          .df_sum = whole.postings.size()};
  EXPECT_EQ(found.fit, fit);
  ASSERT_EQ(found.rows.rows(), mine.size());
  const auto first = static_cast<std::size_t>(mine.data() - texts.data());
  for (std::size_t d = 0; d < mine.size(); ++d) {
    EXPECT_EQ(found.rows.singleton_weight[d], rows.singleton_weight[first + d]);
    const std::uint64_t length = rows.row_begin[first + d + 1] - rows.row_begin[first + d];
    ASSERT_EQ(found.rows.row_begin[d + 1] - found.rows.row_begin[d], length);
    for (std::uint64_t i = 0; i < length; ++i) {
      const std::uint64_t ours = found.rows.row_begin[d] + i;
      const std::uint64_t expected = rows.row_begin[first + d] + i;
      EXPECT_EQ(found.rows.terms[found.rows.term[ours]], rows.terms[rows.term[expected]]);
      EXPECT_EQ(found.rows.weight[ours], rows.weight[expected]);
    }
  }
}

TEST(VectorizeMpi, EqualsTheFold) { expect_equals_fold(test::random_texts(101, 3), in_blocks); }

TEST(VectorizeMpi, CountsMoreTermsThanAreLookedAtAtOnce) {
  expect_equals_fold(test::random_texts(3'000, 6), in_blocks);
}

TEST(VectorizeMpi, AllowsRanksWithoutDocuments) {
  expect_equals_fold(test::random_texts(20, 4), all_on_the_last);
  expect_equals_fold(test::random_texts(2, 5), in_blocks);  // fewer documents than ranks
}

TEST(VectorizeMpi, AllowsAnEmptyVocabularyAndNoDocuments) {
  expect_equals_fold({"", "a b", "?"}, in_blocks);
  expect_equals_fold({}, in_blocks);
}

TEST(DumpMpi, HoldsTheWholeModelInOrder) {
  const auto world = mpi::Communicator::world();
  const std::vector<std::string> texts = {"Éa zz", "", "zz zz b", "aa", "Éa zz"};
  const Dump found = dump(world, read<DumpTerms>(part(world, texts, in_blocks)));
  EXPECT_EQ(found.fit, (Fit{.documents = 5, .terms = 5, .df_sum = 9}));
  if (!world.is_root()) {
    EXPECT_TRUE(found.terms.empty());
    return;
  }
  EXPECT_EQ(found.terms, (std::vector<std::string>{"aa", "zz", "zz zz", "éa", "éa zz"}));
  EXPECT_EQ(found.df, (std::vector<std::uint64_t>{1, 3, 1, 2, 2}));
  EXPECT_EQ(found.row_begin, (std::vector<std::uint64_t>{0, 3, 3, 5, 6, 9}));
  EXPECT_EQ(found.term, (std::vector<std::uint32_t>{1, 3, 4, 1, 2, 0, 1, 3, 4}));
  EXPECT_EQ(found.weight.at(5), 1.0);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(found.weight.at(static_cast<std::size_t>(i)),
              found.weight.at(static_cast<std::size_t>(i) + 6));
}

}  // namespace
}  // namespace winnow::tfidf
