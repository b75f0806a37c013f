#include "model/generation.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <numeric>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace {

using winnow::model::Finish;
using winnow::model::Generated;
using winnow::model::GenerationOptions;
using winnow::model::GenerationPrompt;
using winnow::model::NewSequence;
using winnow::model::NextToken;
using winnow::model::SequenceSlot;

constexpr std::uint32_t kVocabulary = 50;
constexpr std::int32_t kStop = 49;

/// The token after a sequence is the sum of its tokens modulo 50; notes what runs together.
class SummingModel final : public winnow::model::IncrementalModel {
 public:
  SummingModel() { info_.vocabulary_size = kVocabulary; }
  [[nodiscard]] const winnow::model::ModelInfo& info() const override { return info_; }

  [[nodiscard]] std::span<float> begin(std::span<const NewSequence> sequences) override {
    logits_.clear();
    std::size_t tokens = 0;
    for (const NewSequence& sequence : sequences) {
      EXPECT_FALSE(sums_.contains(sequence.slot));
      sums_[sequence.slot] = std::accumulate(sequence.ids.begin(), sequence.ids.end(), 0);
      room_[sequence.slot] = sequence.capacity;
      lengths_[sequence.slot] = static_cast<std::uint32_t>(sequence.ids.size());
      tokens += sequence.ids.size();
      add_logits(sequence.slot);
    }
    most_begun_tokens = std::max(most_begun_tokens, tokens);
    std::uint32_t room = 0;
    for (const auto& [slot, capacity] : room_) room += capacity;
    most_room = std::max(most_room, room);
    return logits_;
  }

  [[nodiscard]] std::span<float> step(std::span<const NextToken> tokens) override {
    logits_.clear();
    steps.push_back(tokens.size());
    for (const NextToken& token : tokens) {
      sums_.at(token.slot) += token.id;
      EXPECT_LT(lengths_.at(token.slot)++, room_.at(token.slot));
      add_logits(token.slot);
    }
    return logits_;
  }

  void end(SequenceSlot slot) override {
    EXPECT_EQ(sums_.erase(slot), 1U);
    room_.erase(slot);
    lengths_.erase(slot);
  }

  [[nodiscard]] bool is_empty() const { return sums_.empty(); }
  std::vector<std::size_t> steps;
  std::size_t most_begun_tokens = 0;
  std::uint32_t most_room = 0;

 private:
  void add_logits(SequenceSlot slot) {
    const std::size_t row = logits_.size();
    logits_.resize(row + kVocabulary, 0.0F);
    logits_[row + static_cast<std::size_t>(sums_.at(slot)) % kVocabulary] = 3.0F;
  }

  winnow::model::ModelInfo info_;
  std::map<SequenceSlot, int> sums_;
  std::map<SequenceSlot, std::uint32_t> room_, lengths_;
  std::vector<float> logits_;
};

bool never(std::size_t, std::span<const std::int32_t>) { return false; }

GenerationOptions options_of(std::uint32_t max_new_tokens) {
  GenerationOptions options;
  options.max_new_tokens = max_new_tokens;
  options.max_length = 1000;
  options.stop_ids = {kStop};
  return options;
}

std::vector<Generated> answers(SummingModel& model,
                               const std::vector<std::vector<std::int32_t>>& prompts,
                               const GenerationOptions& options,
                               const winnow::model::StopTest& is_complete = never) {
  std::vector<GenerationPrompt> list;
  for (const auto& ids : prompts) list.push_back({ids, list.size()});
  return generate(model, list, options, is_complete);
}

TEST(Generation, GoesOnFromThePromptUntilTheLimit) {
  SummingModel model;
  const auto found = answers(model, {{1, 2}}, options_of(4));
  EXPECT_EQ(found[0].ids, (std::vector<std::int32_t>{3, 6, 12, 24}));
  EXPECT_EQ(found[0].finish, Finish::max_new);
  EXPECT_EQ(model.steps.size(), 3U) << "the last token is not run";
  EXPECT_TRUE(model.is_empty());
}

TEST(Generation, LeavesTheStopIdOut) {
  SummingModel model;
  // 7, 14, 28, 56 % 50 = 6, 62 - 50 = 12, ... and 49 at once.
  const auto found = answers(model, {{49}, {1, 6}}, options_of(3));
  EXPECT_TRUE(found[0].ids.empty());
  EXPECT_EQ(found[0].finish, Finish::stop_id);
  EXPECT_EQ(found[1].ids, (std::vector<std::int32_t>{7, 14, 28}));
}

TEST(Generation, StopsWhereTheModelTakesNoMore) {
  SummingModel model;
  auto options = options_of(10);
  options.max_length = 5;
  const auto found = answers(model, {{1, 1}}, options);
  EXPECT_EQ(found[0].ids.size(), 3U);
  EXPECT_EQ(found[0].finish, Finish::max_length);
}

TEST(Generation, AsksForTheStopTestAfterEveryToken) {
  SummingModel model;
  const auto found = answers(model, {{1, 2}, {2, 3}}, options_of(5),
                             [](std::size_t prompt, std::span<const std::int32_t> ids) {
                               return prompt == 0 && ids.back() == 6;
                             });
  EXPECT_EQ(found[0].ids, (std::vector<std::int32_t>{3, 6}));
  EXPECT_EQ(found[0].finish, Finish::stop_text);
  EXPECT_EQ(found[1].finish, Finish::max_new);
}

std::vector<std::vector<std::int32_t>> many_prompts() {
  std::vector<std::vector<std::int32_t>> prompts;
  for (std::int32_t row = 0; row < 40; ++row)
    prompts.push_back(std::vector<std::int32_t>(static_cast<std::size_t>(1 + row * 7 % 11), row));
  return prompts;
}

TEST(Generation, AnswersDoNotDependOnWhatRunsTogether) {
  for (const double temperature : {0.0, 30.0}) {
    auto options = options_of(20);
    options.sampling.temperature = temperature;
    options.seed = 5;
    SummingModel alone, few, all;
    options.cache_tokens = 1;
    const auto expected = answers(alone, many_prompts(), options);
    options.cache_tokens = 100;
    options.batch_tokens = 13;
    const auto some = answers(few, many_prompts(), options);
    options.cache_tokens = 1 << 20;
    const auto together = answers(all, many_prompts(), options);
    EXPECT_LE(few.most_room, 100U);
    EXPECT_LE(few.most_begun_tokens, 13U);
    EXPECT_GT(*std::ranges::max_element(all.steps), *std::ranges::max_element(few.steps));
    EXPECT_LT(all.steps.size(), few.steps.size());
    for (std::size_t row = 0; row < expected.size(); ++row) {
      EXPECT_EQ(some[row].ids, expected[row].ids);
      EXPECT_EQ(together[row].ids, expected[row].ids);
      EXPECT_EQ(together[row].finish, expected[row].finish);
    }
    EXPECT_TRUE(few.is_empty());
  }
}

TEST(Generation, OthersEnterAsRowsLeave) {
  SummingModel model;
  auto options = options_of(20);
  options.cache_tokens = 2 * 21;
  // Rows of one token 49 end at once, so that the later ones never wait for the first.
  const auto found = answers(model, {{1}, {49}, {49}, {49}, {3}}, options);
  EXPECT_EQ(found[4].ids.size(), 20U);
  EXPECT_LT(model.steps.size(), 25U);
}

TEST(Generation, RandomNumbersAreTheRowsOwn) {
  auto options = options_of(20);
  options.sampling.temperature = 30;
  const std::vector<std::int32_t> ids = {1, 2};
  SummingModel model;
  const std::vector<GenerationPrompt> prompts = {{ids, 8}, {ids, 9}};
  const std::vector<GenerationPrompt> swapped = {{ids, 9}, {ids, 8}};
  const auto found = generate(model, prompts, options, never);
  const auto other = generate(model, swapped, options, never);
  EXPECT_EQ(found[0].ids, other[1].ids);
  EXPECT_NE(found[0].ids, found[1].ids);
}

TEST(EndOfTextIds, ComeFromTheFirstFileThatNamesAny) {
  const winnow::test::TemporaryFolder folder;
  const auto write = [&](const char* name, const char* text) {
    std::ofstream(folder.path() / name) << text;
  };
  EXPECT_TRUE(winnow::model::end_of_text_ids(folder.path()).empty());
  write("config.json", R"({"eos_token_id": 2})");
  EXPECT_EQ(winnow::model::end_of_text_ids(folder.path()), (std::vector<std::int32_t>{2}));
  write("generation_config.json", R"({"eos_token_id": null})");
  EXPECT_EQ(winnow::model::end_of_text_ids(folder.path()), (std::vector<std::int32_t>{2}));
  write("generation_config.json", R"({"eos_token_id": [7, 9]})");
  EXPECT_EQ(winnow::model::end_of_text_ids(folder.path()), (std::vector<std::int32_t>{7, 9}));
  write("generation_config.json", "{\"eos_token_id\": [7, 9]");
  try {
    static_cast<void>(winnow::model::end_of_text_ids(folder.path()));
    ADD_FAILURE() << "a file that is cut off";
  } catch (const winnow::core::ModelError& error) {
    EXPECT_NE(std::string(error.what()).find("generation_config.json: not valid JSON: "),
              std::string::npos);
    EXPECT_NE(std::string(error.what()).find("column"), std::string::npos) << error.what();
  }
  write("generation_config.json", R"({"eos_token_id": "</s>"})");
  EXPECT_THROW(static_cast<void>(winnow::model::end_of_text_ids(folder.path())),
               winnow::core::ModelError);
}

}  // namespace
