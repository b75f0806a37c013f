#include "scoring/embed_block.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/durable_file.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::scoring {
namespace {

using core::ScoreStatus;

/// The embedding of a text is its length and its last two tokens.
class LengthEncoder : public model::TextEncoder {
 public:
  LengthEncoder() { info_.hidden_size = 2; }
  [[nodiscard]] const model::ModelInfo& info() const override { return info_; }
  [[nodiscard]] const model::PassTimes& times() const override { return times_; }
  [[nodiscard]] std::vector<float> embed(
      std::span<const std::span<const std::int32_t>> batch) override {
    std::vector<float> values;
    for (const auto text : batch) {
      values.push_back(static_cast<float>(text.size()));
      values.push_back(static_cast<float>(10 * text.back() + text[text.size() - 2]));
    }
    texts += batch.size();
    return values;
  }

  std::size_t texts = 0;

 private:
  model::PassTimes times_;
  model::ModelInfo info_;
};

/// One token per character; every text stands between the tokens 8 and 9.
class EmbedBlock : public ::testing::Test {
 protected:
  EmbedBlock() : tokenizer_(load()) {}

  tokenizer::Tokenizer load() {
    core::write_file(folder_.path() / "tokenizer.json", R"({
      "added_tokens": [
        {"id": 8, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
        {"id": 9, "content": "</s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
      "normalizer": null,
      "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": true},
      "post_processor": {"type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [8], "tokens": ["<s>"]}, "</s>": {"id": "</s>", "ids": [9], "tokens": ["</s>"]}}},
      "decoder": {"type": "ByteLevel"},
      "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, "\u010a": 3, "<s>": 8, "</s>": 9}, "merges": []}})");
    return tokenizer::Tokenizer::load(folder_.path());
  }

  Table embed(const std::vector<std::optional<data::Sample>>& rows, EmbeddedText text,
              std::uint32_t max_length = 100) {
    ScoringOptions options;
    options.max_length = max_length;
    options.embedding = EmbeddingOptions{.text = text};
    return prepare_embeddings({tokenizer_, encoder_, options}, {{3, 77}, 60, rows})().scores.rows;
  }
  static data::Sample sample(const char* instruction, const char* input, const char* output) {
    return {
        .system = {}, .history = {}, .instruction = instruction, .input = input, .output = output};
  }

  test::TemporaryFolder folder_;
  tokenizer::Tokenizer tokenizer_;
  LengthEncoder encoder_;
};

using Vector = std::vector<float>;

TEST_F(EmbedBlock, TakesThePartOfTheRowThatIsAskedFor) {
  const std::vector<std::optional<data::Sample>> rows = {sample("aa", "b", "cc"),
                                                         sample("aa", "", "cab")};
  EXPECT_EQ(embed(rows, EmbeddedText::all).get<float>("embedding"), (Vector{9, 92, 8, 91}));
  EXPECT_EQ(embed(rows, EmbeddedText::instruction).get<float>("embedding"), (Vector{4, 90, 4, 90}));
  EXPECT_EQ(embed(rows, EmbeddedText::response).get<float>("embedding"), (Vector{4, 92, 5, 91}));
  EXPECT_EQ(encoder_.texts, 5U) << "equal texts are run once";
}

TEST_F(EmbedBlock, CutsInFrontOfWhatTheTokenizerPutsAtTheEnd) {
  EXPECT_EQ(embed({sample("abcabc", "", "")}, EmbeddedText::instruction, 5).get<float>("embedding"),
            (Vector{5, 92}));
}

TEST_F(EmbedBlock, SaysWhyARowHasNone) {
  const Table table =
      embed({std::nullopt, sample("a", "", ""), sample("a", "", "b")}, EmbeddedText::response);
  EXPECT_EQ(table.get<ScoreStatus>("status_embedding"),
            (std::vector{ScoreStatus::bad_row, ScoreStatus::empty_answer, ScoreStatus::ok}));
  for (const EmbeddedText text : {EmbeddedText::all, EmbeddedText::instruction})
    EXPECT_EQ(embed({sample("", "", "")}, text).get<ScoreStatus>("status_embedding"),
              std::vector{ScoreStatus::empty_answer});
  EXPECT_TRUE(std::isnan(table.get<float>("embedding")[0]));
  EXPECT_EQ(table.get<float>("embedding")[4], 3);
}

}  // namespace
}  // namespace winnow::scoring
