#include "text/nltk_words.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "text/sentences.hpp"
#include "text/utf8.hpp"

// Expected values: NLTK 3.10.4 with punkt_tab, english.

namespace winnow::text {
namespace {

std::vector<std::string> sentences_of(std::string_view bytes) {
  const std::u32string text = decode(bytes);
  std::vector<std::string> sentences;
  for (const Sentence& sentence : split_sentences(text)) {
    sentences.emplace_back();
    for (std::size_t i = sentence.begin; i < sentence.end; ++i)
      append_utf8(sentences.back(), text[i]);
  }
  return sentences;
}

using Texts = std::vector<std::string>;

TEST(Sentences, EndWithAMarkAndItsClosers) {
  EXPECT_EQ(sentences_of("He left.) Then \"done.\" She"),
            (Texts{"He left.)", "Then \"done.\"", "She"}));
  EXPECT_EQ(sentences_of("What?! No way!!! Ok"), (Texts{"What?!", "No way!!!", "Ok"}));
  EXPECT_EQ(sentences_of("a . . . b . . x"), (Texts{"a .", ".", ".", "b .", ".", "x"}));
  EXPECT_EQ(sentences_of(""), Texts{});
  EXPECT_EQ(sentences_of(" \n"), Texts{});
}

TEST(Sentences, DoNotEndWithAnAbbreviationOrAnInitialOfAName) {
  EXPECT_EQ(sentences_of("Dr. Smith isn't here. He's at the U.S. Embassy, at 5 p.m. today..."),
            (Texts{"Dr. Smith isn't here.", "He's at the U.S. Embassy, at 5 p.m. today..."}));
  EXPECT_EQ(sentences_of("Plan A. The end. Plan B. Smith left."),
            (Texts{"Plan A.", "The end.", "Plan B. Smith left."}));
}

TEST(Sentences, LookAtTheCaseOfTheNextWord) {
  EXPECT_EQ(sentences_of("He is at Widgets Inc. Create a page. The U.S. Senate met."),
            (Texts{"He is at Widgets Inc.", "Create a page.", "The U.S. Senate met."}));
  EXPECT_EQ(sentences_of("See b. then go. Turn to 5. and stop."),
            (Texts{"See b. then go.", "Turn to 5. and stop."}));
}

TEST(Sentences, EndAfterTheNumbersOfAList) {
  EXPECT_EQ(sentences_of("1. Mix. 2. Bake at 350.\n3. Serve."),
            (Texts{"1.", "Mix.", "2.", "Bake at 350.", "3.", "Serve."}));
}

TEST(NltkWordCount, CountsPunctuationAndCliticsAsWords) {
  EXPECT_EQ(nltk_word_count(""), 0U);
  EXPECT_EQ(nltk_word_count("Hello."), 2U);
  EXPECT_EQ(nltk_word_count(
                "Good muffins cost $3.88\nin New York.  Please buy me\ntwo of them.\n\nThanks."),
            18U);
  EXPECT_EQ(nltk_word_count("J.K. Rowling wrote it. I cannot, gonna go--now: yes; no."), 19U);
}

TEST(NltkWordCount, KnowsQuotesOfAllKinds) {
  EXPECT_EQ(nltk_word_count("\"Wait!\" she said (twice). 'Really?' they'll ask."), 18U);
  EXPECT_EQ(nltk_word_count("‘Well,’ he said — “fine.” [ok] {x} <y>"), 20U);
  EXPECT_EQ(nltk_word_count("```code``` `x` ''quoted'' can't d'ye more'n"), 17U);
  EXPECT_EQ(nltk_word_count("一二三。四五"), 1U);
}

TEST(NltkWordCount, TakesTimeLinearInHostileTexts) {
  // Each of these is quadratic in a matcher that looks back or ahead without bound; here they end
  // well within the test's limit.
  constexpr std::size_t kMany = 1'000'000;
  for (const char* part :
       {".", ". ", "?", "'", "' ", "-", "a.", "(\"", "`", ") ", "\n", "n't ", "\u00a0."}) {
    std::string text;
    while (text.size() < kMany) text += part;
    EXPECT_LE(nltk_word_count(text), kMany);
  }
}

}  // namespace
}  // namespace winnow::text
