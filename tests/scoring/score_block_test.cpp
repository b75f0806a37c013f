#include "scoring/score_block.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "core/durable_file.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::scoring {
namespace {

using core::ScoreStatus;

constexpr std::uint32_t kVocabulary = 16;

/// Every next token is equally likely: perplexity kVocabulary, IFD 1, whatever the text.
class UniformModel : public model::CausalLanguageModel {
 public:
  UniformModel() { info_.vocabulary_size = kVocabulary; }
  [[nodiscard]] const model::ModelInfo& info() const override { return info_; }
  [[nodiscard]] std::vector<double> nll_sums(std::span<const model::Segment> batch) override {
    std::vector<double> sums;
    for (const model::Segment& segment : batch) {
      longest = std::max(longest, segment.ids.size());
      sums.push_back((segment.end_scored - segment.first_scored) * loss);
    }
    return sums;
  }

  double loss = std::log(kVocabulary);
  std::size_t longest = 0;

 private:
  model::ModelInfo info_;
};

/// One token per character of "abc Ċ" and the like: byte-level BPE without merges.
class ScoreBlock : public ::testing::Test {
 protected:
  ScoreBlock() : tokenizer_(load()), prompt_(data::make_template("bare", {})) {}

  tokenizer::Tokenizer load() {
    core::write_file(folder_.path() / "tokenizer.json", R"({"added_tokens": [], "normalizer": null,
      "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": true},
      "post_processor": null, "decoder": {"type": "ByteLevel"},
      "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, "\u010a": 3}, "merges": []}})");
    return tokenizer::Tokenizer::load(folder_.path());
  }

  static data::Sample sample(std::string instruction, std::string output) {
    data::Sample made;
    made.instruction = std::move(instruction);
    made.output = std::move(output);
    return made;
  }

  RowScores score(const std::optional<data::Sample>& row, const ScoringOptions& options) {
    const std::vector<std::optional<data::Sample>> rows = {row};
    return score_block(0, 0, rows, tokenizer_, *prompt_, model_, options).scores.rows.at(0);
  }

  test::TemporaryFolder folder_;
  tokenizer::Tokenizer tokenizer_;
  std::unique_ptr<data::PromptTemplate> prompt_;
  UniformModel model_;
};

TEST_F(ScoreBlock, UniformModelGivesThePerplexityOfItsVocabulary) {
  const RowScores row = score(sample("aab", "abca"), {});
  EXPECT_EQ(row.status_cond, ScoreStatus::ok);
  EXPECT_EQ(row.n_tokens, 8U);  // aab, line end, abca
  EXPECT_EQ(row.n_cond, 4U);
  EXPECT_EQ(row.n_direct, 3U);  // the first token of a bare answer has no predecessor
  EXPECT_DOUBLE_EQ(row.nll_cond_sum / row.n_cond, std::log(kVocabulary));
}

TEST_F(ScoreBlock, SaysWhyARowHasNoScore) {
  EXPECT_EQ(score(std::nullopt, {}).status_cond, ScoreStatus::bad_row);
  EXPECT_EQ(score(sample("ab", ""), {}).status_cond, ScoreStatus::empty_answer);
  const RowScores one = score(sample("ab", "c"), {});
  EXPECT_EQ(one.status_cond, ScoreStatus::ok);
  EXPECT_EQ(one.status_direct, ScoreStatus::answer_too_short);
  ScoringOptions narrow;
  narrow.max_length = 3;
  EXPECT_EQ(score(sample("ab", "c"), narrow).status_cond, ScoreStatus::answer_truncated_away);
  model_.loss = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(score(sample("ab", "cc"), {}).status_cond, ScoreStatus::non_finite);
}

TEST_F(ScoreBlock, BothTermsCoverTheSamePartOfACutAnswer) {
  ScoringOptions options;
  options.max_length = 6;
  const RowScores row = score(sample("ab", "abcabcabc"), options);
  EXPECT_EQ(row.n_tokens, 12U);
  EXPECT_EQ(row.n_cond, 3U);
  EXPECT_EQ(row.n_direct, 3U);
  EXPECT_LE(model_.longest, 6U);
}

TEST_F(ScoreBlock, RowsOfABlockKeepTheirOrder) {
  std::vector<std::optional<data::Sample>> rows;
  for (std::size_t i = 0; i < 20; ++i)
    rows.emplace_back(sample("a", std::string(2 + (i * 7) % 13, 'b')));
  rows[4] = std::nullopt;
  ScoringOptions options;
  options.batch_tokens = 9;
  const ScoredBlock block = score_block(3, 60, rows, tokenizer_, *prompt_, model_, options);
  EXPECT_EQ(block.scores.block, 3U);
  for (std::size_t i = 0; i < rows.size(); ++i)
    EXPECT_EQ(block.scores.rows[i].n_cond, i == 4 ? 0 : 2 + (i * 7) % 13);
}

TEST_F(ScoreBlock, FaithfulCountsFromTheLastOccurrenceOfTheAnswer) {
  ScoringOptions options;
  options.faithful = true;
  const RowScores row = score(sample("ab", "ab"), options);
  EXPECT_EQ(row.n_cond, 2U);
  EXPECT_EQ(row.n_direct, 1U);
}

}  // namespace
}  // namespace winnow::scoring
