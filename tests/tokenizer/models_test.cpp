#include <gtest/gtest.h>

#include "core/error.hpp"
#include "tokenizer/score_number.hpp"
#include "tokenizer/small_tokenizers.hpp"

namespace winnow::tokenizer {
namespace {

using Ids = std::vector<TokenId>;
using Offsets = std::vector<std::uint32_t>;

Tokenizer load(const std::string& json) { return test::TinyTokenizer::load_tokenizer_json(json); }

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(WordPiece, TakesTheLongestTokenFromTheLeft) {
  const Encoding encoding = load(test::kSmallWordPiece).encode("Apple apa.", false);
  EXPECT_EQ(encoding.ids, (Ids{4, 5, 4, 9, 7}));
  EXPECT_EQ(encoding.begin, (Offsets{0, 2, 6, 8, 9}));
  EXPECT_EQ(encoding.end, (Offsets{2, 5, 8, 9, 10}));
}

TEST(WordPiece, MakesAWordWithARestOneUnknownToken) {
  const Encoding encoding = load(test::kSmallWordPiece).encode("apx a", false);
  EXPECT_EQ(encoding.ids, (Ids{0, 3}));
  EXPECT_EQ(encoding.end, (Offsets{3, 5}));
}

TEST(WordPiece, MakesAWordWithTooManyCharactersUnknown) {
  const Tokenizer tokenizer = load(test::kSmallWordPiece);
  EXPECT_EQ(tokenizer.encode("aaaaaaaaaa", false).ids, (Ids{3, 9, 9, 9, 9, 9, 9, 9, 9, 9}));
  EXPECT_EQ(tokenizer.encode("aaaaaaaaaaa", false).ids, (Ids{0}));
  // Characters count, not bytes.
  const std::string with_two_bytes =
      replaced(test::kSmallWordPiece, R"("##a": 9)", R"("##a": 9, "##\u00f8": 11)");
  EXPECT_EQ(load(with_two_bytes).encode("aaaaaaaa\xC3\xB8\xC3\xB8", false).ids,
            (Ids{3, 9, 9, 9, 9, 9, 9, 9, 11, 11}));
}

TEST(WordPiece, NormalizesAsBertAndKeepsTheOffsets) {
  // An accent, a control character, and an ideograph that stands alone.
  const Encoding encoding = load(test::kSmallWordPiece)
                                .encode(
                                    "\xC3\x81\x01p\xE6\x9D\xB1"
                                    "a",
                                    false);
  EXPECT_EQ(encoding.ids, (Ids{4, 8, 3}));
  EXPECT_EQ(encoding.begin, (Offsets{0, 4, 7}));
  EXPECT_EQ(encoding.end, (Offsets{4, 7, 8}));
  const std::string cased =
      replaced(test::kSmallWordPiece, R"("lowercase": true)", R"("lowercase": false)");
  EXPECT_EQ(load(cased).encode("A \xC3\xA1", false).ids, (Ids{0, 0}));
  const std::string stripped =
      replaced(cased, R"("strip_accents": null)", R"("strip_accents": true)");
  EXPECT_EQ(load(stripped).encode("A \xC3\xA1", false).ids, (Ids{0, 3}));
}

TEST(WordPiece, TheSpaceBeforeAnIdeographStandsForIt) {
  std::string json = replaced(test::kSmallWordPiece, R"({"type": "BertPreTokenizer"})",
                              R"({"type": "Metaspace", "replacement": "#", "split": false})");
  json = replaced(json, R"("a": 3,)", R"("#a": 3, "#": 11, "##\u6771": 12,)");
  json = replaced(json, R"("##le": 10)", R"("##le": 10, "###": 13)");
  const Encoding encoding = load(json).encode("a\xE6\x9D\xB1", false);
  EXPECT_EQ(encoding.ids, (Ids{3, 13, 12, 13}));
  EXPECT_EQ(encoding.begin, (Offsets{0, 1, 1, 1}));
  EXPECT_EQ(encoding.end, (Offsets{1, 4, 4, 4}));
}

TEST(WordPiece, PutsItsTokensAroundAndDecodes) {
  const Tokenizer tokenizer = load(test::kSmallWordPiece);
  const Ids ids = tokenizer.encode("apple a.", true).ids;
  EXPECT_EQ(ids, (Ids{2, 4, 5, 3, 7, 1}));
  EXPECT_EQ(tokenizer.decode(ids, true), "apple a.");
  EXPECT_EQ(tokenizer.decode(ids, false), "[CLS] apple a. [SEP]");
}

TEST(Unigram, TakesTheCutWithTheLargestScore) {
  const Tokenizer tokenizer = load(test::kSmallUnigram);
  // _ ab -6.0 against _a b -8.0; then _abb -12.0 against _ ab b -9.5.
  EXPECT_EQ(tokenizer.encode("ab", false).ids, (Ids{2, 5}));
  const Encoding encoding = tokenizer.encode("abb  a", false);
  EXPECT_EQ(encoding.ids, (Ids{2, 5, 4, 6}));
  EXPECT_EQ(encoding.begin, (Offsets{0, 0, 2, 4}));
  EXPECT_EQ(encoding.end, (Offsets{1, 2, 3, 6}));
}

TEST(Unigram, AnUnknownCharacterIsTenWorseThanTheWorstToken) {
  std::string json = replaced(test::kSmallUnigram, R"(["b", -3.5])", R"(["b", -9.0])");
  json = replaced(json, R"(["bb", -20.0])", R"(["bb", -1.0], ["axb", -20.0])");
  // _ axb b: -31.0, against _a, x unknown, bb: -35.5.
  EXPECT_EQ(load(json).encode("axbb", false).ids, (Ids{2, 8, 4}));
}

TEST(Unigram, ReadsScoresAsTheReferenceDoes) {
  // What tokenizers 0.23 gives back for these numbers.
  EXPECT_EQ(as_serde_json_reads(-12.982908554684185), -12.982908554684183);
  EXPECT_EQ(as_serde_json_reads(-12.846008495951335), -12.846008495951336);
  for (const double exact : {0.0, -2.5, 3.0, 1e22, -1.25e-3, 1e300, 5e-324})
    EXPECT_EQ(as_serde_json_reads(exact), exact);
}

TEST(Unigram, FusesWhatItDoesNotKnow) {
  const Encoding encoding = load(test::kSmallUnigram).encode("axyb", false);
  EXPECT_EQ(encoding.ids, (Ids{6, 0, 4}));
  EXPECT_EQ(encoding.end, (Offsets{1, 3, 4}));
}

TEST(Unigram, WithoutAnUnknownTokenRefusesTheText) {
  const Tokenizer tokenizer =
      load(replaced(test::kSmallUnigram, R"("unk_id": 0)", R"("unk_id": null)"));
  EXPECT_EQ(tokenizer.encode("a", false).ids, (Ids{6}));
  EXPECT_THROW((void)tokenizer.encode("x", false), core::DataError);
}

TEST(Unigram, Decodes) {
  EXPECT_EQ(load(test::kSmallUnigram).decode(Ids{6, 4, 6, 1}, false), "ab a</s>");
}

TEST(CharacterBpe, PrependsAndFallsBackToBytes) {
  const Tokenizer tokenizer = load(test::small_character_bpe());
  const Encoding encoding = tokenizer.encode("ab \xC3\xA4", false);
  EXPECT_EQ(encoding.ids, (Ids{263, 259, 3 + 0xC3, 3 + 0xA4}));
  EXPECT_EQ(encoding.begin, (Offsets{0, 2, 3, 3}));
  EXPECT_EQ(encoding.end, (Offsets{2, 3, 5, 5}));
  EXPECT_EQ(tokenizer.decode(encoding.ids, false), "ab \xC3\xA4");
  EXPECT_EQ(tokenizer.decode(Ids{263, 3 + 0xC3, 3 + 0x41, 262}, false),
            "ab\xEF\xBF\xBD\xEF\xBF\xBD"
            "ab");
}

TEST(CharacterBpe, JoinsOverASpaceWhereAMergeDoes) {
  const std::string json =
      replaced(replaced(test::small_character_bpe(), R"("\u2581ab": 263})",
                        R"("\u2581ab": 263, "b\u2581": 264, "\u2581\u2581": 265})"),
               R"("merges": ["a b",)", R"("merges": ["b \u2581", "\u2581 \u2581", "a b",)");
  EXPECT_EQ(load(json).encode("ab a  ab", false).ids, (Ids{259, 260, 264, 260, 265, 262}));
}

TEST(CharacterBpe, FusesUnknownCharacters) {
  const std::string json = replaced(test::small_character_bpe(), R"("byte_fallback": true)",
                                    R"("byte_fallback": false)");
  EXPECT_EQ(load(json).encode("axyb", false).ids, (Ids{259, 260, 0, 261}));
  EXPECT_EQ(
      load(replaced(json, R"("fuse_unk": true)", R"("fuse_unk": false)")).encode("axyb", false).ids,
      (Ids{259, 260, 0, 0, 261}));
}

TEST(CharacterBpe, KeepsMetaspacesByTheirScheme) {
  const auto with_scheme = [](const std::string& scheme) {
    std::string json = replaced(
        test::small_character_bpe(), R"("pre_tokenizer": null)",
        R"("pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", )" + scheme + "}");
    return load(replaced(json, R"({"type": "Prepend", "prepend": "\u2581"},)", ""));
  };
  const std::string text = "ab<s>ab";
  EXPECT_EQ(with_scheme(R"("prepend_scheme": "always")").encode(text, false).ids,
            (Ids{263, 1, 263}));
  EXPECT_EQ(with_scheme(R"("prepend_scheme": "first", "split": false)").encode(text, false).ids,
            (Ids{263, 1, 262}));
  EXPECT_EQ(with_scheme(R"("prepend_scheme": "never")").encode(text, false).ids,
            (Ids{262, 1, 262}));
  EXPECT_EQ(with_scheme(R"("prepend_scheme": "never", "add_prefix_space": false)")
                .encode(text, false)
                .ids,
            (Ids{262, 1, 262}));
}

TEST(Models, LongRunsTakeNoQuadraticTime) {
  constexpr std::size_t kBytes = 1'000'000;  // seconds if linear, hours if quadratic
  for (const std::string& json :
       {test::kSmallWordPiece, test::kSmallUnigram, test::small_character_bpe()}) {
    const Tokenizer tokenizer = load(json);
    EXPECT_FALSE(tokenizer.encode(std::string(kBytes, 'a'), false).ids.empty());
    EXPECT_LE(tokenizer.encode(std::string(kBytes, ' ') + "b", false).ids.size(), kBytes + 2);
  }
  const std::string patient = replaced(test::kSmallWordPiece, R"("max_input_chars_per_word": 10)",
                                       R"("max_input_chars_per_word": 2000000000)");
  EXPECT_EQ(load(patient).encode(std::string(kBytes, 'a'), false).ids.size(), kBytes);
}

}  // namespace
}  // namespace winnow::tokenizer
