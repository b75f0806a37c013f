#include "tokenizer/model_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::tokenizer {
namespace {

class ModelFolder : public testing::Test {
 protected:
  void write(const char* name, const char* text) {
    std::ofstream(folder_.path() / name, std::ios::binary) << text;
  }
  [[nodiscard]] FolderTexts texts() const { return read_folder_texts(folder_.path()); }

  test::TemporaryFolder folder_;
};

TEST_F(ModelFolder, WithoutCompanionsSaysNothing) {
  EXPECT_EQ(texts().bos, "");
  EXPECT_EQ(texts().chat_template, "");
}

TEST_F(ModelFolder, ReadsTokensAsStringsAndObjects) {
  write("tokenizer_config.json", R"({"bos_token": {"content": "<s>"}, "eos_token": "</s>"})");
  EXPECT_EQ(texts().bos, "<s>");
  EXPECT_EQ(texts().eos, "</s>");
}

TEST_F(ModelFolder, FallsBackToTheSpecialTokensMap) {
  write("tokenizer_config.json", R"({"bos_token": null, "eos_token": "<end>"})");
  write("special_tokens_map.json", R"({"bos_token": "<s>", "eos_token": {"content": "</s>"}})");
  EXPECT_EQ(texts().bos, "<s>");
  EXPECT_EQ(texts().eos, "<end>");
}

TEST_F(ModelFolder, TakesTheDefaultOfNamedTemplates) {
  write(
      "tokenizer_config.json",
      R"({"chat_template": [{"name": "tool_use", "template": "T"}, {"name": "default", "template": "D"}]})");
  EXPECT_EQ(texts().chat_template, "D");
}

TEST_F(ModelFolder, PrefersTheTemplateFile) {
  write("tokenizer_config.json", R"({"chat_template": "C"})");
  EXPECT_EQ(texts().chat_template, "C");
  write("chat_template.jinja", "J");
  EXPECT_EQ(texts().chat_template, "J");
}

TEST_F(ModelFolder, NamesFileAndPlaceOfAWrongType) {
  write("tokenizer_config.json", R"({"eos_token": {"text": "</s>"}})");
  try {
    (void)texts();
    ADD_FAILURE() << "accepted";
  } catch (const core::ModelError& error) {
    EXPECT_PRED_FORMAT2(testing::IsSubstring, "tokenizer_config.json: eos_token has no `content`",
                        error.what());
  }
}

}  // namespace
}  // namespace winnow::tokenizer
