#include "tokenizer/tokenizer.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "tokenizer/tiny_tokenizer.hpp"

namespace winnow::tokenizer {
namespace {

using test::TinyTokenizer;
using Ids = std::vector<TokenId>;
using Offsets = std::vector<std::uint32_t>;

TEST(Tokenizer, MergesByRank) {
  const Tokenizer tokenizer = TinyTokenizer().load();
  const Encoding encoding = tokenizer.encode("hello hello hel", false);
  EXPECT_EQ(encoding.ids, (Ids{259, 260, ' ', 256, 'l'}));
  EXPECT_EQ(encoding.begin, (Offsets{0, 5, 11, 12, 14}));
  EXPECT_EQ(encoding.end, (Offsets{5, 11, 12, 14, 15}));
  EXPECT_EQ(tokenizer.decode(encoding.ids, false), "hello hello hel");
}

TEST(Tokenizer, ReadsMergesAsPairs) {
  TinyTokenizer tiny;
  tiny.merges = R"([["h", "e"], ["l", "l"]])";
  EXPECT_EQ(tiny.load().encode("hell", false).ids, (Ids{256, 257}));
}

TEST(Tokenizer, JoinsEqualRanksFromTheLeft) {
  EXPECT_EQ(TinyTokenizer().load().encode("lll", false).ids, (Ids{257, 'l'}));
}

TEST(Tokenizer, IgnoresMergesForWholeWordsWhereTheFileSaysSo) {
  TinyTokenizer tiny;
  tiny.merges = "[]";
  EXPECT_EQ(tiny.load().encode("hello", false).ids, (Ids{'h', 'e', 'l', 'l', 'o'}));
  tiny.model_options = R"("ignore_merges": true, )";
  EXPECT_EQ(tiny.load().encode("hello", false).ids, (Ids{259}));
}

TEST(Tokenizer, GivesPartsOfACharacterItsWholeSpan) {
  const Encoding encoding = TinyTokenizer().load().encode("a\xC3\xA4z", false);
  EXPECT_EQ(encoding.ids, (Ids{'a', 0xC3, 0xA4, 'z'}));
  EXPECT_EQ(encoding.begin, (Offsets{0, 1, 1, 3}));
  EXPECT_EQ(encoding.end, (Offsets{1, 3, 3, 4}));
}

TEST(Tokenizer, EncodesNothingAsNothing) {
  EXPECT_TRUE(TinyTokenizer().load().encode("", false).ids.empty());
}

TEST(Tokenizer, TakesANulAsACharacter) {
  EXPECT_EQ(TinyTokenizer().load().encode(std::string_view("a\0b", 3), false).ids,
            (Ids{'a', 0, 'b'}));
}

TEST(Tokenizer, RefusesInvalidUtf8) {
  const Tokenizer tokenizer = TinyTokenizer().load();
  for (const char* text :
       {"ab\xFF", "ab\xC3", "ab\xED\xA0\x80", "ab\xC0\x80", "ab\xF4\x90\x80\x80"}) {
    try {
      (void)tokenizer.encode(text, false);
      ADD_FAILURE() << "accepted";
    } catch (const core::DataError& error) {
      EXPECT_NE(std::string(error.what()).find("byte 2 "), std::string::npos) << error.what();
    }
  }
}

TEST(Tokenizer, FindsTheLongestAddedToken) {
  TinyTokenizer tiny;
  tiny.added_tokens =
      R"({"id": 261, "content": "<e"}, {"id": 262, "content": "<end>"}, {"id": 263, "content": "nd"})";
  const Encoding encoding = tiny.load().encode("a<end>b<en", false);
  EXPECT_EQ(encoding.ids, (Ids{'a', 262, 'b', 261, 'n'}));
  EXPECT_EQ(encoding.end, (Offsets{1, 6, 7, 9, 10}));
}

TEST(Tokenizer, HonoursSingleWordLstripAndRstrip) {
  TinyTokenizer tiny;
  tiny.added_tokens = R"({"id": 261, "content": "<m>", "lstrip": true, "rstrip": true},
                         {"id": 262, "content": "it", "single_word": true})";
  const Encoding encoding = tiny.load().encode("a \t<m>\xE3\x80\x80x it bit", false);
  EXPECT_EQ(encoding.ids, (Ids{'a', 261, 'x', ' ', 262, ' ', 'b', 'i', 't'}));
  EXPECT_EQ(encoding.begin[1], 1U);
  EXPECT_EQ(encoding.end[1], 9U);
}

TEST(Tokenizer, SkipsSpecialTokensWhenDecoding) {
  const Tokenizer tokenizer = TinyTokenizer().load();
  const Ids ids{259, 261};
  EXPECT_EQ(tokenizer.decode(ids, false), "hello<end>");
  EXPECT_EQ(tokenizer.decode(ids, true), "hello");
}

TEST(Tokenizer, DecodesBrokenCharactersAsReplacements) {
  const Ids ids{0xE4, 0xBD, 'a', 0xFF, 0xC3};
  EXPECT_EQ(TinyTokenizer().load().decode(ids, false),
            "\xEF\xBF\xBD"
            "a\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Tokenizer, ComposesAndKeepsOffsetsOfTheOriginal) {
  TinyTokenizer tiny;
  tiny.normalizer = R"({"type": "NFC"})";
  const Encoding encoding = tiny.load().encode("xe\xCC\x81y", false);  // e and a combining acute
  EXPECT_EQ(encoding.ids, (Ids{'x', 0xC3, 0xA9, 'y'}));
  EXPECT_EQ(encoding.begin, (Offsets{0, 1, 1, 4}));
  EXPECT_EQ(encoding.end, (Offsets{1, 2, 2, 5}));
}

TEST(Tokenizer, AddsAPrefixSpaceThatStandsForTheFirstCharacter) {
  TinyTokenizer tiny;
  tiny.pre_tokenizer = R"({"type": "ByteLevel", "add_prefix_space": true})";
  EXPECT_EQ(tiny.load().encode("hello", false).ids, (Ids{260}));
  const Encoding encoding = tiny.load().encode("\xC3\xA4", false);
  EXPECT_EQ(encoding.ids, (Ids{' ', 0xC3, 0xA4}));
  EXPECT_EQ(encoding.begin, (Offsets{0, 0, 0}));
  EXPECT_EQ(encoding.end, (Offsets{2, 2, 2}));
}

TEST(Tokenizer, SplitsDigitsAndPatterns) {
  TinyTokenizer tiny;
  tiny.merges = R"(["1 2", "h e"])";
  tiny.more_vocab = R"(, "12": 256, "he": 257)";
  tiny.added_tokens = "";
  EXPECT_EQ(tiny.load().encode("12", false).ids, (Ids{256}));
  tiny.pre_tokenizer = R"({"type": "Sequence", "pretokenizers": [
      {"type": "Digits", "individual_digits": true},
      {"type": "Split", "pattern": {"String": "--"}, "behavior": "Removed", "invert": false},
      {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]})";
  const Encoding encoding = tiny.load().encode("12--he", false);
  EXPECT_EQ(encoding.ids, (Ids{'1', '2', 257}));
  EXPECT_EQ(encoding.begin, (Offsets{0, 1, 4}));
}

TEST(Tokenizer, InvertedSplitKeepsWhatMatches) {
  TinyTokenizer tiny;
  tiny.pre_tokenizer = R"({"type": "Sequence", "pretokenizers": [
      {"type": "Split", "pattern": {"Regex": "\\p{L}+"}, "behavior": "Removed", "invert": true},
      {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]})";
  EXPECT_EQ(tiny.load().encode("a, b", false).ids, (Ids{'a', 'b'}));
}

TEST(Tokenizer, AddsTheTemplatesTokens) {
  TinyTokenizer tiny;
  tiny.added_tokens = R"({"id": 261, "content": "<s>"}, {"id": 262, "content": "</s>"})";
  tiny.post_processor = R"({"type": "Sequence", "processors": [
      {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false},
      {"type": "TemplateProcessing",
       "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                  {"SpecialToken": {"id": "</s>", "type_id": 0}}],
       "special_tokens": {"<s>": {"id": "<s>", "ids": [261], "tokens": ["<s>"]},
                          "</s>": {"id": "</s>", "ids": [262], "tokens": ["</s>"]}}}]})";
  const Encoding encoding = tiny.load().encode("hello", true);
  EXPECT_EQ(encoding.ids, (Ids{261, 259, 262}));
  EXPECT_EQ(encoding.begin, (Offsets{0, 0, 0}));
  EXPECT_EQ(encoding.end, (Offsets{0, 5, 0}));
  EXPECT_EQ(tiny.load().encode("hello", false).ids, (Ids{259}));
}

TEST(Tokenizer, TrimsSpacesOffOffsetsWhereTheFileSaysSo) {
  TinyTokenizer tiny;
  tiny.post_processor = R"({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true})";
  const Encoding encoding = tiny.load().encode("hello hello", false);
  EXPECT_EQ(encoding.begin, (Offsets{0, 6}));
  EXPECT_EQ(encoding.end, (Offsets{5, 11}));
}

TEST(Tokenizer, BytesWithoutATokenBecomeUnknownOrAreDropped) {
  TinyTokenizer tiny;
  tiny.more_vocab = R"(, "he": 256)";
  tiny.added_tokens = "";
  tiny.merges = R"(["h e"])";
  std::string json = tiny.json();
  json.replace(json.find("\"z\": 122"), 3, "\"zz\"");
  const Encoding dropped = TinyTokenizer::load_tokenizer_json(json).encode("hzzez", false);
  EXPECT_EQ(dropped.ids, (Ids{256}));
  EXPECT_EQ(dropped.end, (Offsets{5}));
  json.replace(json.find("\"vocab\""), 7, R"("unk_token": "?", "vocab")");
  EXPECT_EQ(TinyTokenizer::load_tokenizer_json(json).encode("hzze", false).ids,
            (Ids{'h', '?', '?', 'e'}));
}

TEST(Tokenizer, KnowsItsVocabulary) {
  const Tokenizer tokenizer = TinyTokenizer().load();
  EXPECT_EQ(tokenizer.vocabulary_size(), 262U);
  EXPECT_EQ(tokenizer.id_of("<end>"), 261);
  EXPECT_EQ(tokenizer.id_of("\xC4\xA0hello"), 260);
  EXPECT_EQ(tokenizer.id_of("world"), std::nullopt);
  EXPECT_EQ(tokenizer.decode(Ids{262, -1, 9999, 259}, false), "hello");
}

TEST(Tokenizer, FingerprintFollowsTheBytes) {
  TinyTokenizer tiny;
  const std::string first = tiny.load().fingerprint();
  EXPECT_EQ(first.size(), 32U);
  EXPECT_EQ(tiny.load().fingerprint(), first);
  tiny.merges = "[]";
  EXPECT_NE(tiny.load().fingerprint(), first);
}

TEST(Tokenizer, RefusesATextThatItsRulesBlowUp) {
  TinyTokenizer tiny;
  tiny.normalizer = R"({"type": "Sequence", "normalizers": [)";
  for (int i = 0; i < 30; ++i)
    tiny.normalizer += R"({"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}, )";
  tiny.normalizer += R"({"type": "NFC"}]})";
  EXPECT_THROW((void)tiny.load().encode("a", false), core::DataError);
  EXPECT_EQ(tiny.load().encode("b", false).ids, (Ids{'b'}));
  tiny.added_tokens = R"({"id": 261, "content": "<a>", "normalized": true})";
  EXPECT_THROW((void)tiny.load(), core::ModelError);
}

TEST(Tokenizer, LongRunsTakeNoQuadraticTime) {
  const Tokenizer tokenizer = TinyTokenizer().load();
  constexpr std::size_t kBytes = 3'000'000;  // seconds if linear, hours if quadratic
  EXPECT_EQ(tokenizer.encode(std::string(kBytes, 'l'), false).ids.size(), kBytes / 2);
  EXPECT_EQ(tokenizer.encode(std::string(kBytes, ' '), false).ids.size(), kBytes);
  EXPECT_EQ(tokenizer.encode(std::string(kBytes, '\n') + "x", false).ids.size(), kBytes + 1);
}

}  // namespace
}  // namespace winnow::tokenizer
