#include "scoring/tag_block.hpp"

#include <cmath>
#include <limits>
#include <map>

#include <gtest/gtest.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "scoring/tag_lists.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::scoring {
namespace {

using core::ScoreStatus;

/// Byte-level: the id of a printable ASCII character is its code, `</s>` is 0, a line end 10, a
/// space 32.
std::string tokenizer_json() {
  std::string vocabulary = R"("</s>": 0, "\u010a": 10, "\u0120": 32)";
  for (char c = '!'; c <= '~'; ++c) {
    const std::string escaped = c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    vocabulary += ", \"" + escaped + "\": " + std::to_string(static_cast<int>(c));
  }
  return R"({"added_tokens": [{"id": 0, "content": "</s>", "single_word": false, "lstrip": false,
      "rstrip": false, "normalized": false, "special": true}], "normalizer": null,
    "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": true},
    "post_processor": null, "decoder": {"type": "ByteLevel"},
    "model": {"type": "BPE", "vocab": {)" +
         vocabulary + R"(}, "merges": []}})";
}

/// Replies with the text between the prompt's last `<` and `>`: a query dictates its reply. `#` in
/// it is a number that is none.
class EchoModel final : public model::IncrementalModel {
 public:
  EchoModel() { info_.vocabulary_size = 127; }
  [[nodiscard]] const model::ModelInfo& info() const override { return info_; }

  [[nodiscard]] std::span<float> begin(std::span<const model::NewSequence> sequences) override {
    logits_.clear();
    for (const model::NewSequence& sequence : sequences) {
      const std::string text(sequence.ids.begin(), sequence.ids.end());
      prompts.push_back(text);
      const std::size_t open = text.rfind('<') + 1;
      rest_[sequence.slot] = text.substr(open, text.find('>', open) - open);
      add_logits(sequence.slot);
    }
    return logits_;
  }
  [[nodiscard]] std::span<float> step(std::span<const model::NextToken> tokens) override {
    logits_.clear();
    for (const model::NextToken& token : tokens) add_logits(token.slot);
    return logits_;
  }
  void end(model::SequenceSlot slot) override { rest_.erase(slot); }

  std::vector<std::string> prompts;

 private:
  void add_logits(model::SequenceSlot slot) {
    std::string& rest = rest_.at(slot);
    const int next = rest.empty() ? 0 : rest.front();
    if (!rest.empty()) rest.erase(0, 1);
    const std::size_t row = logits_.size();
    logits_.resize(row + info_.vocabulary_size, 0.0F);
    const float high = next == '#' ? std::numeric_limits<float>::quiet_NaN() : 1.0F;
    logits_[row + static_cast<std::size_t>(next)] = high;
  }

  model::ModelInfo info_;
  std::map<model::SequenceSlot, std::string> rest_;
  std::vector<float> logits_;
};

class TagBlock : public ::testing::Test {
 protected:
  TagBlock() : tokenizer_(load()), prompt_(data::make_template("vicuna", {})) {
    options_.replies.generation.max_new_tokens = 100;
    options_.replies.generation.max_length = 1000;
    options_.replies.generation.stop_ids = {0};
  }

  tokenizer::Tokenizer load() {
    core::write_file(folder_.path() / "tokenizer.json", tokenizer_json());
    return tokenizer::Tokenizer::load(folder_.path());
  }

  /// A row whose only user turn is answered with `reply`.
  static data::Sample row(const std::string& reply) {
    data::Sample sample;
    sample.instruction = "Q <" + reply + ">";
    sample.output = "A";
    return sample;
  }
  /// With earlier user turns.
  static data::Sample conversation(const std::vector<std::string>& replies) {
    data::Sample sample = row(replies.back());
    for (std::size_t i = 0; i + 1 < replies.size(); ++i) {
      sample.history.push_back({data::Turn::Role::user, "Q <" + replies[i] + ">"});
      sample.history.push_back({data::Turn::Role::assistant, "A"});
    }
    return sample;
  }

  BlockScores ask(const std::vector<std::optional<data::Sample>>& rows) {
    return prepare_tags({tokenizer_, *prompt_, model_, options_}, {{3, 77}, 60, rows})().scores;
  }
  TagLists tags(const std::vector<std::optional<data::Sample>>& rows) {
    TagLists lists;
    lists.add_block(ask(rows));
    return lists;
  }

  test::TemporaryFolder folder_;
  tokenizer::Tokenizer tokenizer_;
  std::unique_ptr<data::PromptTemplate> prompt_;
  EchoModel model_;
  TagOptions options_;
};

TEST_F(TagBlock, AsksInstaggersPromptInItsTemplate) {
  data::Sample sample = row("x");
  sample.system = "Be brief.";
  sample.input = "in <x>";
  static_cast<void>(ask({sample}));
  ASSERT_EQ(model_.prompts.size(), 1U);
  EXPECT_EQ(model_.prompts[0],
            "A chat between a curious user and an artificial intelligence assistant. The assistant "
            "gives helpful, detailed, and polite answers to the user's questions. USER: Please "
            "identify tags of user intentions in the following user query and provide an "
            "explanation for each tag. Please respond in the JSON format {\"tag\": str, "
            "\"explanation\": str}.\nUser query: Q <x>\nInput: in <x> ASSISTANT:");
}

TEST_F(TagBlock, KeepsTheRepliesOfEveryUserTurnAsTheyAre) {
  const BlockScores block =
      ask({conversation({"one", "two"}), std::nullopt, row("#no"), row("three")});
  EXPECT_EQ(block.header.block, 3U);
  EXPECT_EQ(block.header.content, 77U);
  EXPECT_EQ(block.rows.get<std::uint32_t>("scored_turns"),
            (std::vector<std::uint32_t>{2, 0, 1, 1}));
  EXPECT_EQ(block.turns.get<std::string>("reply"),
            (std::vector<std::string>{"one", "two", "", "three"}));
  EXPECT_EQ(block.turns.get<ScoreStatus>("status_reply"),
            (std::vector<ScoreStatus>{ScoreStatus::ok, ScoreStatus::ok, ScoreStatus::non_finite,
                                      ScoreStatus::ok}));
  EXPECT_EQ(deserialize_block(serialize(block)), block);
}

TEST_F(TagBlock, APromptWithoutRoomForAReplyIsTooLong) {
  data::Sample sample = row("x");
  sample.instruction.append(2000, 'l');
  EXPECT_EQ(tags({sample, row("- a")}).status(),
            (std::vector<ScoreStatus>{ScoreStatus::text_too_long, ScoreStatus::ok}));
}

TEST_F(TagBlock, AQueryThatCannotBeEncodedNamesItsRow) {
  data::Sample sample = row("- a");
  sample.instruction += "\xFF";
  for (const bool skip : {false, true}) {
    options_.replies.skip_refused_rows = skip;  // It is the text's fault, not the template's.
    try {
      static_cast<void>(ask({row("- a"), conversation({"- b", "- c"}), sample}));
      FAIL() << "expected an error";
    } catch (const core::DataError& error) {
      EXPECT_TRUE(std::string(error.what()).starts_with("row 62: ")) << error.what();
    }
  }
}

TEST_F(TagBlock, ARowHasTheTagsOfItsTurnsInOrderEachOnce) {
  const TagLists lists = tags({conversation({R"([{"tag": "Writing"}, {"tag": "Math"}])",
                                             R"(["MATHS", "writing!", "code"])"}),
                               row("[]"), row("- code")});
  EXPECT_EQ(lists.names(), (std::vector<std::string>{"write", "math", "code"}));
  EXPECT_EQ(lists.counts(), (std::vector<std::uint64_t>{3, 0, 1}));
  EXPECT_EQ(lists.tags(), (std::vector<std::uint32_t>{0, 1, 2, 2}));
  EXPECT_EQ(lists.status(), std::vector<ScoreStatus>(3, ScoreStatus::ok));
}

TEST_F(TagBlock, OneUnreadableTurnLeavesTheRowUndefined) {
  const TagLists lists = tags({conversation({"- math", "No idea."}), conversation({"No.", "#"}),
                               std::nullopt, conversation({"#", "- math"})});
  EXPECT_EQ(lists.status(),
            (std::vector<ScoreStatus>{ScoreStatus::unreadable_reply, ScoreStatus::unreadable_reply,
                                      ScoreStatus::bad_row, ScoreStatus::non_finite}));
  EXPECT_EQ(lists.counts(), std::vector<std::uint64_t>(4, 0));
  EXPECT_TRUE(lists.names().empty());
}

TEST(TagLists, RefusesFewerTurnsThanTheRowsHave) {
  BlockScores block;
  block.rows.rows = 1;
  block.rows.add<std::uint32_t>("scored_turns")[0] = 2;
  block.turns.rows = 1;
  block.turns.add<std::string>("reply")[0] = "[]";
  block.turns.add<ScoreStatus>("status_reply")[0] = ScoreStatus::ok;
  TagLists lists;
  EXPECT_THROW(lists.add_block(block), core::ModelError);
}

TEST(TagPrompt, HasOneOfTwoNames) {
  EXPECT_EQ(tag_prompt_named("instag")("Why?"), instag_prompt("Why?"));
  EXPECT_EQ(tag_prompt_named("instagger")("Why?"), instagger_prompt("Why?"));
  EXPECT_THROW(static_cast<void>(tag_prompt_named("other")), core::InternalError);
}

}  // namespace
}  // namespace winnow::scoring
