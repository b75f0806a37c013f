#include "model/sentence_transformer.hpp"

#include "model_folder.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::model {
namespace {

using test::model_error;

/// An encoder of 32 positions with the two files that sentence-transformers always writes.
class SentenceFolder {
 public:
  SentenceFolder() {
    nlohmann::json config = test::tiny_config();
    config["architectures"] = {"BertModel"};
    config.erase("num_key_value_heads");
    write("config.json", config);
    std::filesystem::create_directory(folder_.path() / "1_Pooling");
    std::filesystem::create_directory(folder_.path() / "2_Normalize");
    write("1_Pooling/config.json", {{"word_embedding_dimension", 8}, {"pooling_mode", "max"}});
    write("modules.json", modules());
  }
  static nlohmann::json modules() {
    return {{{"idx", 0}, {"name", "0"}, {"path", ""}, {"type", "a.Transformer"}},
            {{"idx", 1}, {"name", "1"}, {"path", "1_Pooling"}, {"type", "a.Pooling"}},
            {{"idx", 2}, {"name", "2"}, {"path", "2_Normalize"}, {"type", "a.Normalize"}}};
  }
  void write(const std::string& file, const nlohmann::json& content) const {
    test::write(folder_.path() / file, content.dump());
  }
  [[nodiscard]] SentenceTransformer read() const {
    return read_sentence_transformer(folder_.path());
  }
  [[nodiscard]] std::string refusal() const {
    return model_error([&] { static_cast<void>(read()); });
  }
  /// With the file as it was afterwards.
  [[nodiscard]] std::string refusal_of(const std::string& file,
                                       const nlohmann::json& content) const {
    write(file, content);
    const std::string message = refusal();
    std::filesystem::remove(folder_.path() / file);
    EXPECT_NE(message.find(file), std::string::npos) << message;
    return message;
  }
  void remove(const char* file) const { std::filesystem::remove(folder_.path() / file); }

 private:
  const test::TemporaryFolder folder_;
};

TEST(SentenceTransformer, ReadsTheModules) {
  const SentenceFolder folder;
  EXPECT_EQ(folder.read().pooling, SentencePooling::maximum);
  EXPECT_TRUE(folder.read().normalizes);
  folder.remove("modules.json");
  EXPECT_EQ(folder.read().pooling, SentencePooling::mean);
  EXPECT_FALSE(folder.read().normalizes);
}

TEST(SentenceTransformer, TakesTheLongestTextFromTheFirstFileThatNamesOne) {
  const SentenceFolder folder;
  EXPECT_EQ(folder.read().max_positions, 32U) << "the model's";
  folder.write("tokenizer_config.json", {{"model_max_length", 1e30}});
  EXPECT_EQ(folder.read().max_positions, 32U);
  folder.write("tokenizer_config.json", {{"model_max_length", 24}});
  EXPECT_EQ(folder.read().max_positions, 24U);
  folder.write("sentence_bert_config.json", {{"max_seq_length", nullptr}});
  EXPECT_EQ(folder.read().max_positions, 24U);
  folder.write("sentence_bert_config.json", {{"max_seq_length", 16}, {"do_lower_case", false}});
  EXPECT_EQ(folder.read().max_positions, 16U);
  folder.write("sentence_roberta_config.json", {{"max_seq_length", 8}});
  EXPECT_EQ(folder.read().max_positions, 16U) << "the first file of the list alone";
  folder.remove("modules.json");
  EXPECT_EQ(folder.read().max_positions, 24U) << "without modules no module has a file";
}

TEST(SentenceTransformer, KnowsTheOlderNamesOfTheFile) {
  for (const char* family :
       {"roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet"}) {
    const SentenceFolder folder;
    folder.write(std::string("sentence_") + family + "_config.json", {{"max_seq_length", 12}});
    EXPECT_EQ(folder.read().max_positions, 12U) << family;
  }
}

TEST(SentenceTransformer, RefusesWhatItDoesNotFollowByFileAndField) {
  const SentenceFolder folder;
  const std::string bert = "sentence_bert_config.json";
  EXPECT_NE(folder.refusal_of(bert, {{"max_seq_length", 33}})
                .find("`max_seq_length` is 33, expected at most 32"),
            std::string::npos);
  EXPECT_NE(folder.refusal_of(bert, {{"query_length", 7}}).find("`query_length`"),
            std::string::npos);
  EXPECT_NE(folder.refusal_of(bert, {{"do_lower_case", true}}).find("`do_lower_case`"),
            std::string::npos);
  EXPECT_NE(folder.refusal_of(bert, {{"transformer_task", "fill-mask"}}).find("`transformer_task`"),
            std::string::npos);
  EXPECT_NE(
      folder.refusal_of(bert, {{"module_output_name", "hidden"}}).find("`module_output_name`"),
      std::string::npos);
  EXPECT_NE(
      folder.refusal_of(bert, {{"modality_config", {{"image", 1}}}}).find("`modality_config`"),
      std::string::npos);
  EXPECT_NE(folder.refusal_of("2_Normalize/config.json", {{"p", 1}}).find("`p`"),
            std::string::npos);
  EXPECT_NE(folder.refusal_of("2_Normalize/config.json", {{"module_input_name", "tokens"}})
                .find("`module_input_name`"),
            std::string::npos);
  EXPECT_NE(folder.refusal_of("tokenizer_config.json", {{"model_max_length", "long"}})
                .find("`model_max_length`"),
            std::string::npos);
  nlohmann::json modules = SentenceFolder::modules();
  modules[0]["kwargs"] = {"task"};
  EXPECT_NE(folder.refusal_of("modules.json", modules).find("`kwargs`"), std::string::npos);
  folder.write("modules.json", SentenceFolder::modules());
  EXPECT_NE(folder.refusal_of("1_Pooling/config.json", {{"pooling_mode", "max"}, {"layer", 3}})
                .find("`layer`"),
            std::string::npos);
}

TEST(SentenceTransformer, RefusesAPromptThatStandsBeforeEveryText) {
  const SentenceFolder folder;
  const std::string file = "config_sentence_transformers.json";
  const nlohmann::json prompts = {{"query", "query: "}, {"none", ""}};
  folder.write(file, {{"prompts", prompts}, {"default_prompt_name", nullptr}});
  EXPECT_NO_THROW(static_cast<void>(folder.read()));
  folder.write(file, {{"prompts", prompts}, {"default_prompt_name", "none"}});
  EXPECT_NO_THROW(static_cast<void>(folder.read()));
  EXPECT_NE(folder.refusal_of(file, {{"prompts", prompts}, {"default_prompt_name", "query"}})
                .find("`default_prompt_name` is \"query\", expected null"),
            std::string::npos);
  EXPECT_NE(
      folder.refusal_of(file, {{"default_prompt_name", "query"}}).find("`default_prompt_name`"),
      std::string::npos);
}

}  // namespace
}  // namespace winnow::model
