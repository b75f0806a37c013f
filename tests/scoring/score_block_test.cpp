#include "scoring/score_block.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "scoring/row_scores.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::scoring {
namespace {

using core::ScoreStatus;

constexpr std::uint32_t kVocabulary = 16;

/// A token's loss is its position and a sixteenth of its id: a sum says which tokens were summed.
class PlaceModel : public model::CausalLanguageModel {
 public:
  PlaceModel() {
    info_.vocabulary_size = kVocabulary;
    info_.hidden_size = 2;
  }
  [[nodiscard]] const model::ModelInfo& info() const override { return info_; }
  [[nodiscard]] const model::PassTimes& times() const override { return times_; }
  [[nodiscard]] std::vector<model::SegmentResult> run(
      std::span<const model::Segment> batch) override {
    std::vector<model::SegmentResult> results;
    for (const model::Segment& segment : batch) {
      longest = std::max(longest, segment.ids.size());
      model::SegmentResult result;
      for (std::uint32_t token = segment.first_scored; token < segment.end_scored; ++token)
        result.losses.push_back(is_broken ? std::numeric_limits<float>::quiet_NaN()
                                          : static_cast<float>(token) +
                                                static_cast<float>(segment.ids[token]) / 16);
      // Which tokens are pooled shows in the numbers.
      if (segment.pooled > 0)
        result.embedding = {static_cast<float>(segment.pooled),
                            static_cast<float>(segment.ids[segment.pooled - 1])};
      for (const std::int32_t candidate : segment.candidates)
        result.logits.push_back(static_cast<float>(candidate));
      results.push_back(result);
    }
    segments += batch.size();
    return results;
  }

  bool is_broken = false;
  std::size_t longest = 0;
  std::size_t segments = 0;

 private:
  model::PassTimes times_;
  model::ModelInfo info_;
};

/// One token per character of "abc Ċ" and the like: byte-level BPE without merges.
class ScoreBlock : public ::testing::Test {
 protected:
  ScoreBlock() : tokenizer_(load()), prompt_(data::make_template("bare", {})) {}

  tokenizer::Tokenizer load(const std::string& line_end = "\\u010a") {
    core::write_file(
        folder_.path() / "tokenizer.json",
        R"({"added_tokens": [{"id": 10, "content": "</s>", "single_word": false, "lstrip": false,
                        "rstrip": false, "normalized": false, "special": true}], "normalizer": null,
      "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": true},
      "post_processor": null, "decoder": {"type": "ByteLevel"},
      "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, ")" +
            line_end + R"(": 3,
                "1": 4, "2": 5, "3": 6, "4": 7, "5": 8, "6": 9}, "merges": []}})");
    return tokenizer::Tokenizer::load(folder_.path());
  }

  static data::Sample sample(std::string instruction, std::string output) {
    data::Sample made;
    made.instruction = std::move(instruction);
    made.output = std::move(output);
    return made;
  }

  BlockScores score_rows(const std::vector<std::optional<data::Sample>>& rows,
                         const ScoringOptions& options) {
    return prepare_scores({tokenizer_, prompt_.get(), model_, options}, {{3, 77}, 60, rows})()
        .scores;
  }
  /// The columns of one row.
  Table score(const std::optional<data::Sample>& row, const ScoringOptions& options) {
    return score_rows({row}, options).rows;
  }
  static ScoreStatus status(const Table& table, const char* name = "status_cond") {
    return table.get<ScoreStatus>(name).at(0);
  }
  static std::uint32_t count(const Table& table, const char* name) {
    return table.get<std::uint32_t>(name).at(0);
  }
  static double number(const Table& table, const char* name) {
    return table.get<double>(name).at(0);
  }

  test::TemporaryFolder folder_;
  tokenizer::Tokenizer tokenizer_;
  std::unique_ptr<data::PromptTemplate> prompt_;
  PlaceModel model_;
};

TEST_F(ScoreBlock, SumsTheLossesOfTheAnswersTokens) {
  Table row = score(sample("aab", "abca"), {});
  EXPECT_EQ(status(row), ScoreStatus::ok);
  EXPECT_EQ(count(row, "n_tokens"), 8U);  // aab, line end, abca
  EXPECT_EQ(count(row, "n_cond"), 4U);
  EXPECT_EQ(number(row, "nll_cond_sum"), 4 + 5 + 6 + 7 + (0 + 1 + 2 + 0) / 16.0);
  EXPECT_EQ(count(row, "n_direct"), 3U);  // the first token of a bare answer has no predecessor
  EXPECT_EQ(number(row, "nll_direct_sum"), 1 + 2 + 3 + (1 + 2 + 0) / 16.0);
  add_derived_columns(row);
  EXPECT_DOUBLE_EQ(number(row, "ppl_cond"), std::exp(22.1875 / 4));
  EXPECT_DOUBLE_EQ(number(row, "ifd_ppl"), std::exp(22.1875 / 4) / std::exp(6.1875 / 3));
}

TEST_F(ScoreBlock, ARefusedRowIsNoTextThatTheTokenizerCannotEncode) {
  ScoringOptions skip;
  skip.skip_refused_rows = true;
  data::Sample late_system = sample("ab", "c");
  late_system.history = {{data::Turn::Role::user, "a"}, {data::Turn::Role::system, "b"}};
  EXPECT_EQ(status(score(late_system, skip)), ScoreStatus::template_refused);
  EXPECT_THROW((void)score(late_system, {}), core::DataError);
  try {
    (void)score_rows({sample("ab", "c"), sample("ab", "c\xFF")}, skip);
    ADD_FAILURE() << "a text that is not UTF-8 was scored";
  } catch (const core::DataError& error) {
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "row 61: byte", error.what());
  }
}

TEST_F(ScoreBlock, SaysWhyARowHasNoScore) {
  EXPECT_EQ(status(score(std::nullopt, {})), ScoreStatus::bad_row);
  const Table empty = score(sample("ab", ""), {});
  EXPECT_EQ(status(empty), ScoreStatus::empty_answer);
  EXPECT_TRUE(std::isnan(number(empty, "nll_cond_sum")));
  const Table one = score(sample("ab", "c"), {});
  EXPECT_EQ(status(one), ScoreStatus::ok);
  EXPECT_EQ(status(one, "status_direct"), ScoreStatus::answer_too_short);
  ScoringOptions narrow;
  narrow.max_length = 3;
  EXPECT_EQ(status(score(sample("ab", "c"), narrow)), ScoreStatus::answer_truncated_away);
  model_.is_broken = true;
  EXPECT_EQ(status(score(sample("ab", "cc"), {})), ScoreStatus::non_finite);
}

TEST_F(ScoreBlock, BothTermsCoverTheSamePartOfACutAnswer) {
  ScoringOptions options;
  options.max_length = 6;
  const Table row = score(sample("ab", "abcabcabc"), options);
  EXPECT_EQ(count(row, "n_tokens"), 12U);
  EXPECT_EQ(count(row, "n_cond"), 3U);
  EXPECT_EQ(number(row, "nll_cond_sum"), 3 + 4 + 5 + (0 + 1 + 2) / 16.0);
  EXPECT_EQ(count(row, "n_direct"), 3U);
  EXPECT_EQ(number(row, "nll_direct_sum"), 1 + 2 + 3 + (1 + 2 + 0) / 16.0);
  EXPECT_LE(model_.longest, 6U);
}

TEST_F(ScoreBlock, RowsOfABlockKeepTheirOrder) {
  std::vector<std::optional<data::Sample>> rows;
  for (std::size_t i = 0; i < 20; ++i)
    rows.emplace_back(sample("a", std::string(2 + (i * 7) % 13, 'b')));
  rows[4] = std::nullopt;
  ScoringOptions options;
  options.batch_tokens = 9;
  const BlockScores block = score_rows(rows, options);
  EXPECT_EQ(block.header.block, 3U);
  EXPECT_EQ(block.header.content, 77U);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint32_t length = i == 4 ? 0 : static_cast<std::uint32_t>(2 + (i * 7) % 13);
    EXPECT_EQ(block.rows.get<std::uint32_t>("n_cond")[i], length);
    double sum = 0;
    for (std::uint32_t token = 2; token < 2 + length; ++token) sum += token + 1 / 16.0;
    if (length > 0) {
      EXPECT_EQ(block.rows.get<double>("nll_cond_sum")[i], sum);
    }
  }
}

TEST_F(ScoreBlock, RunsEqualTextsOnce) {
  const Table rows =
      score_rows({sample("a", "bcb"), sample("b", "bcb"), sample("a", "bcb")}, {}).rows;
  EXPECT_EQ(model_.segments, 3U);  // two conditional texts, one direct
  const auto& sums = rows.get<double>("nll_direct_sum");
  EXPECT_EQ(sums[0], sums[1]);
  EXPECT_EQ(sums[0], sums[2]);
}

TEST_F(ScoreBlock, FaithfulCountsFromTheLastOccurrenceOfTheAnswer) {
  ScoringOptions options;
  options.faithful = true;
  const Table row = score(sample("ab", "ab"), options);
  EXPECT_EQ(count(row, "n_cond"), 2U);
  EXPECT_EQ(number(row, "nll_cond_sum"), 3 + 4 + (0 + 1) / 16.0);
  EXPECT_EQ(count(row, "n_direct"), 1U);
  EXPECT_EQ(number(row, "nll_direct_sum"), 1 + 1 / 16.0);
}

TEST_F(ScoreBlock, TheInstructionIsWhatStandsBeforeTheAnswerButItsFirstToken) {
  ScoringOptions options;
  options.instruction = true;
  Table row = score(sample("aab", "abca"), options);
  EXPECT_EQ(count(row, "n_instruction"), 3U);  // ab, line end
  EXPECT_EQ(number(row, "nll_instruction_sum"), 1 + 2 + 3 + (0 + 1 + 3) / 16.0);
  EXPECT_EQ(count(row, "n_cond"), 4U);
  EXPECT_EQ(number(row, "nll_cond_sum"), 22.1875);
  EXPECT_EQ(model_.segments, 2U);  // in the conditional text's pass
  add_derived_columns(row);
  EXPECT_DOUBLE_EQ(number(row, "instruction_ppl"), std::exp(6.25 / 3));
  EXPECT_EQ(count(score(sample("aab", ""), options), "n_instruction"), 3U);
  options.max_length = 3;
  EXPECT_EQ(count(score(sample("aab", "c"), options), "n_instruction"), 2U);
  EXPECT_EQ(status(score(sample("", "c"), options), "status_instruction_ppl"),
            ScoreStatus::answer_too_short);
  EXPECT_EQ(status(score(std::nullopt, options), "status_instruction_ppl"), ScoreStatus::bad_row);
}

TEST_F(ScoreBlock, ATextOfOneTokenHasNoInstruction) {
  tokenizer_ = load(/*line_end=*/"\\u0109");  // which the template does not write
  ScoringOptions options;
  options.instruction = true;
  for (const char* answer : {"", "c"})
    EXPECT_EQ(status(score(sample("", answer), options), "status_instruction_ppl"),
              ScoreStatus::answer_too_short)
        << answer;
}

TEST_F(ScoreBlock, EmbedsThePartOfTheTextThatIsAskedFor) {
  ScoringOptions options;
  const auto embedding = [&](EmbeddedText text, const data::Sample& row) {
    options.embedding = EmbeddingOptions{.text = text};
    return score(row, options).get<float>("embedding");
  };
  using Vector = std::vector<float>;
  const data::Sample row = sample("aab", "abc");
  EXPECT_EQ(embedding(EmbeddedText::all, row), (Vector{7, 2}));
  EXPECT_EQ(embedding(EmbeddedText::instruction, row), (Vector{4, 3}));
  EXPECT_EQ(embedding(EmbeddedText::response, row), (Vector{3, 2}));
  EXPECT_EQ(model_.segments, 6U);  // in the passes of the losses
  EXPECT_EQ(embedding(EmbeddedText::all, sample("aab", "")), (Vector{4, 3}));
  EXPECT_TRUE(std::isnan(embedding(EmbeddedText::response, sample("aab", "")).at(1)));
  EXPECT_EQ(status(score(sample("aab", ""), options), "status_embedding"),
            ScoreStatus::empty_answer);
  options.max_length = 5;
  EXPECT_EQ(embedding(EmbeddedText::all, row), (Vector{5, 0}));
}

TEST_F(ScoreBlock, AConversationIsEmbeddedWithWhatClosesIt) {
  ScoringOptions options;
  options.embedding = EmbeddingOptions{};
  prompt_ = data::make_template("vicuna", {});
  const Table row = score(sample("aab", "abc"), options);
  EXPECT_EQ(row.get<float>("embedding"),
            (std::vector<float>{static_cast<float>(count(row, "n_tokens")) + 1, 10}));
}

TEST_F(ScoreBlock, EmbeddingsAreScaledAndStoredAsAskedFor) {
  ScoringOptions options;
  options.embedding = EmbeddingOptions{.normalize = true};
  const auto unit = score(sample("aab", "abc"), options).get<float>("embedding");
  EXPECT_NEAR(std::hypot(unit[0], unit[1]), 1, 1e-7);
  EXPECT_NEAR(unit[0] / unit[1], 3.5, 1e-6);
  options.embedding = EmbeddingOptions{.half = true};
  const Table half = score(sample("aab", "abc"), options);
  EXPECT_EQ(half.get<core::Half>("embedding"),
            (std::vector<core::Half>{core::to_half(7), core::to_half(2)}));
  EXPECT_EQ(status(half, "status_embedding"), ScoreStatus::ok);
}

TEST_F(ScoreBlock, ScoresEveryTurnAndSumsThemUp) {
  ScoringOptions options;
  options.answer = options.count_tokens = false;
  options.evol_complexity = options.evol_quality = true;
  data::Sample row = sample("a", "b");
  row.history = {{data::Turn::Role::user, "b"}, {data::Turn::Role::assistant, "c"}};
  const BlockScores block = score_rows({row, std::nullopt, sample("c", "")}, options);
  // The mock's logits are the digits' ids, 4 to 9: e^k / sum e^j.
  double sum = 0, expected = 0;
  for (int k = 1; k <= 6; ++k) sum += std::exp(k), expected += k * std::exp(k);
  expected /= sum;
  for (const char* name : {"evol_complexity", "evol_quality"}) {
    EXPECT_EQ(block.turns.rows, 3U);
    EXPECT_NEAR(block.turns.get<double>(name)[2], expected, 1e-12);
    EXPECT_NEAR(block.rows.get<double>(name)[0], 2 * expected, 1e-12);
    EXPECT_TRUE(std::isnan(block.rows.get<double>(name)[1]));
    EXPECT_NEAR(block.rows.get<double>(name)[2], expected, 1e-12);
  }
  EXPECT_EQ(block.rows.get<std::uint32_t>("scored_turns"), (std::vector<std::uint32_t>{2, 0, 1}));
  EXPECT_EQ(block.rows.get<ScoreStatus>("status_evol_quality"),
            (std::vector{ScoreStatus::ok, ScoreStatus::bad_row, ScoreStatus::ok}));
  EXPECT_EQ(block.rows.find("n_tokens"), nullptr);
}

TEST_F(ScoreBlock, ATurnThatIsTooLongHasNoScoreAndItsRowNeither) {
  ScoringOptions options;
  options.answer = options.count_tokens = false;
  options.evol_complexity = true;
  data::Sample row = sample("a", "b");
  row.history = {{data::Turn::Role::user, std::string(200, 'b')}};
  options.max_length = 100;
  const BlockScores block = score_rows({row}, options);
  EXPECT_EQ(block.turns.get<ScoreStatus>("status_evol_complexity"),
            (std::vector{ScoreStatus::text_too_long, ScoreStatus::ok}));
  EXPECT_EQ(status(block.rows, "status_evol_complexity"), ScoreStatus::text_too_long);
}

}  // namespace
}  // namespace winnow::scoring
