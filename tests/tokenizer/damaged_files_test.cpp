#include <gtest/gtest.h>

#include <fstream>

#include "core/error.hpp"
#include "tokenizer/tiny_tokenizer.hpp"

namespace winnow::tokenizer {
namespace {

using test::TinyTokenizer;

/// What the ModelError for this tokenizer.json says.
std::string complaint(const std::string& json) {
  try {
    (void)TinyTokenizer::load_tokenizer_json(json);
  } catch (const core::ModelError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("tokenizer.json: "), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    return message;
  }
  return "no error";
}

void expect_complaint(const std::string& json, const char* part) {
  EXPECT_PRED_FORMAT2(testing::IsSubstring, part, complaint(json));
}

TEST(DamagedTokenizer, MissingFile) {
  const test::TemporaryFolder folder;
  EXPECT_THROW((void)Tokenizer::load(folder.path()), core::ModelError);
  std::filesystem::create_directory(folder.path() / "tokenizer.json");
  EXPECT_THROW((void)Tokenizer::load(folder.path()), core::ModelError);
}

TEST(DamagedTokenizer, TruncatedAnywhere) {
  const std::string json = TinyTokenizer().json();
  for (std::size_t size = 0; size + 1 < json.size(); size += 37)
    expect_complaint(json.substr(0, size), "is not valid JSON");
}

TEST(DamagedTokenizer, DeepNesting) {
  expect_complaint(std::string(200'000, '['), "nested deeper than the 64 levels");
  expect_complaint(R"({"model": )" + std::string(200'000, '['), "nested deeper than the 64 levels");
}

TEST(DamagedTokenizer, InvalidUtf8) {
  TinyTokenizer tiny;
  tiny.added_tokens = "{\"id\": 300, \"content\": \"\xFF\"}";
  expect_complaint(tiny.json(), "is not valid JSON");
}

TEST(DamagedTokenizer, WrongTypes) {
  expect_complaint("[]", "the top level is of type array, expected an object");
  expect_complaint("{}", "the top level has no `model`");
  TinyTokenizer tiny;
  tiny.merges = "{}";
  expect_complaint(tiny.json(), "model.merges is of type object, expected an array");
  tiny.merges = "[1]";
  expect_complaint(tiny.json(), "model.merges[0] is of type number, expected an array");
  tiny.merges = R"([["h"]])";
  expect_complaint(tiny.json(), "model.merges[0] has 1 parts, expected 2");
  tiny.merges = R"(["h e l"])";
  expect_complaint(tiny.json(), "expected two tokens with one space between");
  tiny.more_vocab = R"(, "x1": "7")";
  expect_complaint(tiny.json(), "is of type string, expected a whole number");
  tiny.more_vocab = R"(, "x1": -7)";
  expect_complaint(tiny.json(), "is -7, expected a number from 0");
  tiny.more_vocab = R"(, "x1": 4294967296)";
  expect_complaint(tiny.json(), "is 4294967296, expected a number from 0");
  tiny.added_tokens = "7";
  expect_complaint(tiny.json(), "added_tokens[0] is of type number, expected an object");
}

TEST(DamagedTokenizer, MissingModel) {
  expect_complaint(R"({"pre_tokenizer": {"type": "ByteLevel"}, "decoder": {"type": "ByteLevel"}})",
                   "the top level has no `model`");
}

TEST(DamagedTokenizer, MergesOfMissingTokens) {
  TinyTokenizer tiny;
  tiny.merges = R"(["h e", "no pe"])";
  expect_complaint(tiny.json(), "model.merges[1] names the token `no`, which vocab does not have");
  tiny.merges = R"(["h e", "e h"])";
  expect_complaint(tiny.json(), "model.merges[1] names the token `eh`, which vocab does not have");
}

TEST(DamagedTokenizer, IdsOfTwoTokens) {
  TinyTokenizer tiny;
  tiny.more_vocab = R"(, "he": 256, "hi": 256)";
  expect_complaint(tiny.json(), "has id 256, which `he` has too");
  tiny = {};
  tiny.added_tokens = R"({"id": 259, "content": "<end>"})";
  expect_complaint(tiny.json(), "added token `<end>` has id 259, which `hello` has too");
  tiny.added_tokens = R"({"id": 300, "content": "<end>"}, {"id": 301, "content": "<end>"})";
  expect_complaint(tiny.json(), "added_tokens[1] repeats the token `<end>`");
  tiny.added_tokens = R"({"id": 300, "content": "hello"})";
  expect_complaint(tiny.json(), "added token `hello` has id 300, but 259 in vocab");
}

TEST(DamagedTokenizer, IdsThatTheReferenceWouldNotGive) {
  TinyTokenizer tiny;
  tiny.added_tokens = R"({"id": 300, "content": "<end>"})";
  expect_complaint(tiny.json(), "added token `<end>` has id 300, expected 261, which");
  tiny.added_tokens = R"({"id": 262, "content": "<a>"}, {"id": 261, "content": "<b>"})";
  expect_complaint(tiny.json(), "added token `<a>` has id 262, expected 261, which");
  // Those of the vocabulary keep their ids and take no number.
  tiny.added_tokens = R"({"id": 261, "content": "<a>"}, {"id": 259, "content": "hello"},
                         {"id": 262, "content": "<b>"})";
  EXPECT_EQ(tiny.load().id_of("<b>"), 262);
  tiny.more_vocab = R"(, "he": 256, "ll": 257, "hell": 258, "hello": 259, "\u0120hello": 290)";
  EXPECT_EQ(tiny.load().id_of("<a>"), 261);  // vocab has 261 tokens and a hole
}

TEST(DamagedTokenizer, AddedTokensAreShort) {
  TinyTokenizer tiny;
  tiny.added_tokens = R"({"id": 261, "content": ")" + std::string(1025, 'a') + R"("})";
  expect_complaint(tiny.json(),
                   "added_tokens[0] has a content of 1025 bytes, expected at most 1024");
  tiny.added_tokens =
      R"({"id": 261, "content": ")" + std::string(1024, 'a') + R"(", "normalized": true})";
  (void)tiny.load();
  tiny.normalizer = R"({"type": "Replace", "pattern": {"String": "a"}, "content": "aa"})";
  expect_complaint(tiny.json(), "has 2048 bytes when it is normalized, expected at most 1024");
}

TEST(DamagedTokenizer, ContradictionsAreNamed) {
  TinyTokenizer tiny;
  tiny.pre_tokenizer = R"({"type": "Metaspace", "replacement": "_", "prepend_scheme": "first",
                           "add_prefix_space": false})";
  expect_complaint(tiny.json(),
                   "pre_tokenizer has add_prefix_space false, expected prepend_scheme");
  tiny.pre_tokenizer = R"({"type": "Metaspace", "replacement": "_", "add_prefix_space": false})";
  expect_complaint(tiny.json(),
                   "pre_tokenizer has add_prefix_space false, expected prepend_scheme");
  tiny.pre_tokenizer = R"({"type": "Metaspace", "replacement": "_", "prepend_scheme": "never",
                           "add_prefix_space": false})";
  EXPECT_EQ(complaint(tiny.json()), "no error");
  tiny = {};
  tiny.normalizer = R"({"type": "Prepend", "prepend": ""})";
  expect_complaint(tiny.json(), "normalizer prepends nothing");
  tiny = {};
  tiny.post_processor =
      R"({"type": "Sequence", "processors": [{"type": "ByteLevel"}, {"type": "ByteLevel"}]})";
  expect_complaint(tiny.json(), "post_processor.processors[1] trims offsets a second time");
  expect_complaint(
      R"({"model": {"type": "Unigram", "unk_id": null, "byte_fallback": true, "vocab": [["a", 0]]}})",
      "model has byte_fallback without unk_id");
}

TEST(DamagedTokenizer, WhatIsNotSupportedIsNamed) {
  TinyTokenizer tiny;
  tiny.pre_tokenizer = R"({"type": "UnicodeScripts"})";
  expect_complaint(
      tiny.json(),
      "pre_tokenizer has type `UnicodeScripts`, which is not supported; supported: Sequence, "
      "Split, Digits, ");
  tiny.pre_tokenizer = R"({"type": "Sequence", "pretokenizers": [
      {"type": "ByteLevel"}, {"type": "Digits", "individual_digits": true}]})";
  expect_complaint(tiny.json(), "pre_tokenizer.pretokenizers[1] comes after ByteLevel");
  tiny = {};
  tiny.normalizer = R"({"type": "Sequence", "normalizers": [{"type": "ByteLevel"}]})";
  expect_complaint(tiny.json(), "normalizer.normalizers[0] has type `ByteLevel`");
  tiny = {};
  tiny.decoder = R"({"type": "CTC"})";
  expect_complaint(tiny.json(), "decoder has type `CTC`");
  tiny = {};
  tiny.post_processor = R"({"type": "Other"})";
  expect_complaint(tiny.json(), "post_processor has type `Other`");
  tiny = {};
  tiny.model_options = R"("dropout": 0.1, )";
  expect_complaint(tiny.json(), "model has a dropout");
  tiny.model_options = R"("end_of_word_suffix": "</w>", )";
  expect_complaint(tiny.json(), "model has end_of_word_suffix `</w>`");
  tiny.model_options = R"("unk_token": "<unk>", )";
  expect_complaint(tiny.json(), "model.unk_token is `<unk>`, which vocab does not have");
}

TEST(DamagedTokenizer, MalformedPatterns) {
  TinyTokenizer tiny;
  const auto with_pattern = [&](const std::string& pattern) {
    tiny.pre_tokenizer =
        R"({"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": ")" +
        pattern + R"("}, "behavior": "Isolated"}, {"type": "ByteLevel"}]})";
    return tiny.json();
  };
  expect_complaint(with_pattern("(a"), "regular expression `(a` is malformed");
  expect_complaint(with_pattern("[a"), "construct `[ without ]` is not supported");
  expect_complaint(with_pattern("\\\\h"), "construct `\\h` is not supported");
  expect_complaint(with_pattern("[a&&b]"), "construct `&& inside [ ]` is not supported");
}

TEST(DamagedTokenizer, PostProcessorWithUnknownId) {
  TinyTokenizer tiny;
  tiny.post_processor = R"({"type": "TemplateProcessing",
      "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}],
      "special_tokens": {"<s>": {"ids": [777]}}})";
  expect_complaint(tiny.json(), "post_processor adds id 777, which no token has");
}

}  // namespace
}  // namespace winnow::tokenizer
