#include "text/sentences.hpp"

#include <algorithm>
#include <optional>
#include <span>

#include "text/character_class.hpp"
#include "text/punkt_english.hpp"
#include "text/punkt_token.hpp"

namespace winnow::text {
namespace {

using punkt::Token;

bool is_ascii_space(char32_t c) { return c == U' ' || (c >= U'\t' && c <= U'\r'); }

std::size_t skip_spaces(std::u32string_view text, std::size_t i) {
  while (i < text.size() && is_space(text[i])) ++i;
  return i;
}

// A mark that may end a sentence: white space and a word, or punctuation, follow it.
struct Candidate {
  std::size_t word_begin = 0;  // of the word before the mark
  std::size_t mark = 0;
  std::size_t next_begin = 0;  // where the next sentence would begin
  std::size_t next_end = 0;    // of its first word, or of the punctuation
};

std::optional<Candidate> candidate_at(std::u32string_view text, std::size_t mark) {
  if (text[mark] != U'.' && text[mark] != U'?' && text[mark] != U'!') return std::nullopt;
  const std::size_t after = mark + 1;
  if (after == text.size()) return std::nullopt;
  if (punkt::ends_word(text[after])) return Candidate{0, mark, after, after + 1};
  const std::size_t next = skip_spaces(text, after);
  if (next == after || next == text.size()) return std::nullopt;
  std::size_t end = next;
  while (end < text.size() && !is_space(text[end])) ++end;
  return Candidate{0, mark, next, end};
}

// Where the word before the mark begins: behind the last space since the previous mark, else where
// that one's word begins.
std::size_t word_before(std::u32string_view text, std::size_t mark,
                        const std::optional<Candidate>& previous) {
  const std::size_t begin = previous ? previous->mark : 0;
  for (std::size_t i = mark; i > begin + 1; --i)
    if (is_ascii_space(text[i - 1])) return i;
  return previous ? previous->word_begin : 0;
}

// Of marks that belong to one word ("What?!") only the last counts.
std::vector<Candidate> find_candidates(std::u32string_view text) {
  std::vector<Candidate> found;
  std::optional<Candidate> previous;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::optional<Candidate> candidate = candidate_at(text, i);
    if (!candidate) continue;
    candidate->word_begin = word_before(text, i, previous);
    if (previous && previous->mark <= candidate->word_begin) found.push_back(*previous);
    previous = candidate;
  }
  if (previous) found.push_back(*previous);
  return found;
}

enum class Answer { yes, no, unknown };

// What the letter case of a word says about whether it begins a sentence.
Answer begins_sentence(const Token& word) {
  constexpr std::u32string_view kPunctuation = U";:,.!?";
  if (word.text.size() == 1 && kPunctuation.find(word.text[0]) != kPunctuation.npos)
    return Answer::no;
  if (word.is_upper() && punkt::is_ordinary(word.type_in_sentence())) return Answer::yes;
  return word.is_lower() ? Answer::no : Answer::unknown;
}

bool ends_sentence(const Token& word, const Token& next) {
  if (!word.ends_with_period) return word.ends_sentence;
  const bool is_ordinal = word.is_number();
  if (is_ordinal && punkt::follows_number(next.type_in_sentence())) return false;

  const Answer next_begins = begins_sentence(next);
  if ((word.is_abbreviation || word.is_ellipsis) && !word.is_initial()) {
    if (next_begins == Answer::yes) return true;
    if (next.is_upper() && punkt::is_frequent_starter(next.type_in_sentence())) return true;
  }
  if (word.is_initial() || is_ordinal) {
    if (next_begins == Answer::no) return false;
    const bool may_be_name = next.is_upper() && !punkt::has_lower_case(next.type_in_sentence());
    if (word.is_initial() && next_begins == Answer::unknown && may_be_name) return false;
  }
  return word.ends_sentence;
}

bool holds_sentence_end(std::u32string_view context) {
  std::vector<Token> tokens;
  while (!context.empty()) {
    const std::size_t end = std::min(context.find(U'\n'), context.size());
    for (Token& token : punkt::tokenize(context.substr(0, end))) tokens.push_back(std::move(token));
    context.remove_prefix(std::min(end + 1, context.size()));
  }
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i)
    if (ends_sentence(tokens[i], tokens[i + 1])) return true;
  return false;
}

// Closing quotes and brackets at the beginning of a sentence, with the white space behind them.
struct Closers {
  std::size_t length = 0;
  std::size_t with_spaces = 0;
};

Closers closers_at_begin(std::u32string_view text) {
  constexpr std::u32string_view kClosers = U"\"')]}‘’“”«»";
  std::size_t i = 0;
  while (i < text.size() && kClosers.find(text[i]) != kClosers.npos) ++i;
  const bool ends = i == text.size() || is_space(text[i]) || text.substr(i).starts_with(U"--");
  if (i == 0 || !ends) return {};
  return {i, skip_spaces(text, i)};
}

// Moves the closers that begin a sentence to the one before.
std::vector<Sentence> realign(std::u32string_view text, std::span<const Sentence> sentences) {
  std::vector<Sentence> realigned;
  std::size_t moved = 0;
  for (std::size_t s = 0; s < sentences.size(); ++s) {
    Sentence sentence = sentences[s];
    sentence.begin += moved;
    Closers closers;
    if (s + 1 < sentences.size()) {
      const Sentence& next = sentences[s + 1];
      closers = closers_at_begin(text.substr(next.begin, next.end - next.begin));
      if (closers.length > 0) sentence.end = next.begin + closers.length;
    }
    moved = closers.with_spaces;
    if (sentence.begin < sentence.end) realigned.push_back(sentence);
  }
  return realigned;
}

}  // namespace

std::vector<Sentence> split_sentences(std::u32string_view text) {
  std::vector<Sentence> sentences;
  std::size_t begin = 0;
  for (const Candidate& candidate : find_candidates(text)) {
    if (!holds_sentence_end(
            text.substr(candidate.word_begin, candidate.next_end - candidate.word_begin)))
      continue;
    sentences.push_back({begin, candidate.mark + 1});
    begin = candidate.next_begin;
  }
  std::size_t end = text.size();
  while (end > 0 && is_space(text[end - 1])) --end;
  sentences.push_back({begin, std::max(begin, end)});
  return realign(text, sentences);
}

}  // namespace winnow::text
