#include "tfidf/weigh.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string>

#include "core/error.hpp"
#include "core/partition.hpp"
#include "tfidf/random_texts.hpp"

namespace winnow::tfidf {
namespace {

InvertedTerms invert(std::span<const std::string> texts) {
  DocumentTerms terms;
  for (const std::string& text : texts) terms.add(text);
  return std::move(terms).invert();
}

std::vector<std::uint32_t> frequencies_of(const MergedFrequencies& merged, std::size_t set) {
  std::vector<std::uint32_t> frequencies;
  for (const std::uint32_t place : merged.place[set])
    frequencies.push_back(merged.all[place].documents);
  return frequencies;
}

/// All rows of `texts` cut into `shards`, fitted together without MPI.
std::vector<WeightedRows> fold(std::span<const std::string> texts, std::size_t shards,
                               Singletons singletons) {
  std::vector<InvertedTerms> inverted;
  for (std::size_t s = 0; s < shards; ++s) {
    const auto share = core::block_range(texts.size(), shards, s);
    inverted.push_back(invert(texts.subspan(share.begin, share.size())));
  }
  std::vector<std::span<const TermFrequency>> sets;
  for (const InvertedTerms& shard : inverted) sets.emplace_back(shard.frequencies);
  const MergedFrequencies merged = merge(sets);
  std::vector<WeightedRows> rows;
  for (std::size_t s = 0; s < shards; ++s)
    rows.push_back(weigh(inverted[s], frequencies_of(merged, s), texts.size(), singletons));
  return rows;
}

/// A row as (term, weight) pairs, and its folded part: comparable between shards.
struct Row {
  std::vector<TermKey> terms;
  std::vector<double> weights;
  double singleton_weight = 0;
  bool operator==(const Row&) const = default;
};

std::vector<Row> rows_of(std::span<const WeightedRows> shards) {
  std::vector<Row> rows;
  for (const WeightedRows& shard : shards)
    for (std::size_t d = 0; d < shard.rows(); ++d) {
      Row row{.terms = {}, .weights = {}, .singleton_weight = shard.singleton_weight[d]};
      for (std::uint64_t i = shard.row_begin[d]; i < shard.row_begin[d + 1]; ++i) {
        row.terms.push_back(shard.terms[shard.term[i]]);
        row.weights.push_back(shard.weight[i]);
      }
      rows.push_back(std::move(row));
    }
  return rows;
}

TEST(Weigh, GivesTheSameBitsForAnyNumberOfShards) {
  const auto texts = test::random_texts(200, 1);
  for (const Singletons singletons : {Singletons::fold, Singletons::keep}) {
    const auto whole = rows_of(fold(texts, 1, singletons));
    ASSERT_EQ(whole.size(), texts.size());
    for (const std::size_t shards : {2U, 3U, 7U, 300U})
      EXPECT_EQ(rows_of(fold(texts, shards, singletons)), whole);
  }
}

TEST(Weigh, MatchesTheFormulaByHand) {
  // scikit-learn 1.9.1: TfidfVectorizer(ngram_range=(1, 3)).fit_transform(["aa bb", "aa"]); df(aa)
  // = 2, the rest 1
  const std::vector<std::string> texts = {"aa bb", "aa"};
  const auto rows = rows_of(fold(texts, 1, Singletons::fold));
  const double rare = std::log(3.0 / 2.0) + 1;
  const double norm = std::sqrt(1 + 2 * rare * rare);
  EXPECT_DOUBLE_EQ(rows[0].weights.at(0), 1 / norm);
  EXPECT_DOUBLE_EQ(rows[0].singleton_weight, 2 * rare / norm);
  EXPECT_EQ(rows[1].weights, std::vector<double>{1.0});
  EXPECT_EQ(rows[1].singleton_weight, 0.0);
}

TEST(Weigh, FoldsExactlyTheTermsOfOneDocument) {
  const auto texts = test::random_texts(100, 2);
  const auto folded = rows_of(fold(texts, 1, Singletons::fold));
  const auto kept = rows_of(fold(texts, 1, Singletons::keep));
  std::map<TermKey, int> frequency;
  for (const Row& row : kept)
    for (const TermKey& term : row.terms) ++frequency[term];
  for (std::size_t d = 0; d < texts.size(); ++d) {
    Row expected;
    double squares = 0;
    for (std::size_t i = 0; i < kept[d].terms.size(); ++i) {
      squares += kept[d].weights[i] * kept[d].weights[i];
      if (frequency[kept[d].terms[i]] == 1) {
        expected.singleton_weight += kept[d].weights[i];
      } else {
        expected.terms.push_back(kept[d].terms[i]);
        expected.weights.push_back(kept[d].weights[i]);
      }
    }
    EXPECT_NEAR(squares, kept[d].terms.empty() ? 0.0 : 1.0, 1e-12);
    EXPECT_EQ(folded[d].terms, expected.terms);
    EXPECT_EQ(folded[d].weights, expected.weights);
    EXPECT_NEAR(folded[d].singleton_weight, expected.singleton_weight, 1e-12);
    EXPECT_EQ(kept[d].singleton_weight, 0.0);
    EXPECT_TRUE(std::is_sorted(folded[d].terms.begin(), folded[d].terms.end()));
  }
}

TEST(Weigh, GivesRowsOfZerosWhereThereAreNoWords) {
  const std::vector<std::string> texts = {"", "a b c", "!"};
  const auto rows = rows_of(fold(texts, 2, Singletons::fold));
  EXPECT_EQ(rows, std::vector<Row>(3));
  EXPECT_TRUE(fold(std::vector<std::string>{}, 1, Singletons::fold)[0].terms.empty());
}

TEST(DocumentTerms, CountsTermsPerDocument) {
  const std::vector<std::string> texts = {"aa aa bb aa", "bb"};
  const InvertedTerms shard = invert(texts);
  EXPECT_EQ(shard.documents, 2U);
  EXPECT_EQ(shard.frequencies.size(), 2U + 3U + 2U);
  EXPECT_TRUE(std::is_sorted(shard.frequencies.begin(), shard.frequencies.end(),
                             [](const auto& a, const auto& b) { return a.key() < b.key(); }));
  std::vector<std::uint32_t> counts;
  for (const Posting& posting : shard.postings) counts.push_back(posting.count);
  std::sort(counts.begin(), counts.end());
  EXPECT_EQ(counts,
            (std::vector<std::uint32_t>{1, 1, 1, 1, 1, 1, 1, 3}));  // bb twice: in two documents
}

TEST(DocumentTerms, SortsManyDocumentsOfFewTerms) {
  // Buckets large enough for the radix passes, full of equal keys
  std::vector<std::string> texts(5'000, "the same words here");
  texts.push_back("the other words");
  const InvertedTerms shard = invert(texts);
  ASSERT_EQ(shard.frequencies.size(), 4U + 3U + 2U + 1U + 2U + 1U);
  std::size_t begin = 0;
  for (const TermFrequency& term : shard.frequencies) {
    for (std::size_t i = 1; i < term.documents; ++i)
      EXPECT_LT(shard.postings[begin + i - 1].document, shard.postings[begin + i].document);
    begin += term.documents;
  }
  EXPECT_EQ(begin, shard.postings.size());
}

TEST(DocumentFrequencies, KeepKeysApartThatDifferInTheCheckAlone) {
  const DocumentFrequencies a = {{7, 1, 10}, {7, 2, 20}, {9, 0, 1}};
  const DocumentFrequencies b = {{7, 2, 2}, {8, 0, 3}};
  const DocumentFrequencies c = {{1, 1, 1}, {9, 0, 4}};
  const DocumentFrequencies all = {{1, 1, 1}, {7, 1, 10}, {7, 2, 22}, {8, 0, 3}, {9, 0, 5}};
  const MergedFrequencies merged = merge(std::vector<std::span<const TermFrequency>>{a, b, {}, c});
  EXPECT_EQ(merged.all, all);
  EXPECT_EQ(frequencies_of(merged, 0), (std::vector<std::uint32_t>{10, 22, 5}));
  EXPECT_EQ(frequencies_of(merged, 1), (std::vector<std::uint32_t>{22, 3}));
  EXPECT_EQ(frequencies_of(merged, 2), std::vector<std::uint32_t>{});
  EXPECT_EQ(frequencies_of(merged, 3), (std::vector<std::uint32_t>{1, 5}));
  EXPECT_EQ(merge(std::vector<std::span<const TermFrequency>>{c, b, a}).all, all);
}

TEST(DocumentFrequencies, RefuseWhatTheyCannotCount) {
  const DocumentFrequencies many = {{1, 1, 0xFFFFFFFFU}};
  const DocumentFrequencies one = {{1, 1, 1}};
  EXPECT_THROW((void)merge(std::vector<std::span<const TermFrequency>>{many, one}),
               core::InternalError);
}

}  // namespace
}  // namespace winnow::tfidf
