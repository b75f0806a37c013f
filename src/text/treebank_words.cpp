#include "text/treebank_words.hpp"

#include <algorithm>
#include <span>

#include "text/character_class.hpp"

namespace winnow::text {
namespace {

bool is_one_of(char32_t c, std::u32string_view set) { return set.find(c) != set.npos; }

bool is_decimal(char32_t c) { return c >= U'0' && c <= U'9'; }

bool is_word_at(std::u32string_view text, std::size_t i) { return i < text.size() && is_word_character(text[i]); }

// ASCII letters in either case; `lower` is in lower case.
bool starts_with_any_case(std::u32string_view text, std::u32string_view lower) {
  return text.size() >= lower.size() && std::equal(lower.begin(), lower.end(), text.begin(), [](char32_t a, char32_t b) {
           return a == b || (b < 0x80 && a == to_lower(b));
         });
}

void append_padded(std::u32string& out, std::u32string_view word) { out.append(U" ").append(word).append(U" "); }

// Length of the apostrophe and the clitic (or nothing) before a space that `text` begins with, 0 if it does not.
std::size_t short_clitic_length(std::u32string_view text) {
  if (text.size() < 2 || text[0] != U'\'') return 0;
  if (text[1] == U' ') return 1;
  return is_one_of(text[1], U"sSmMdD") && text.size() > 2 && text[2] == U' ' ? 2 : 0;
}

std::size_t long_clitic_length(std::u32string_view text) {
  for (const std::u32string_view clitic : {U"'ll ", U"'LL ", U"'re ", U"'RE ", U"'ve ", U"'VE ", U"n't ", U"N'T "})
    if (text.starts_with(clitic)) return clitic.size() - 1;
  return 0;
}

bool begins_clitic(std::u32string_view text) {
  for (const std::u32string_view clitic : {U"re", U"ve", U"ll", U"m", U"t", U"s", U"d", U"n"})
    if (starts_with_any_case(text, clitic) && !is_word_at(text, clitic.size())) return true;
  return false;
}

struct Contraction {
  std::u32string_view first;
  std::u32string_view second;
};
constexpr Contraction kContractions[] = {{U"can", U"not"}, {U"d", U"'ye"},  {U"gim", U"me"},  {U"gon", U"na"},
                                         {U"got", U"ta"},  {U"lem", U"me"}, {U"more", U"'n"}, {U"wan", U"na"}};

}  // namespace

// Goes through the text once. `rule(rest, i)` either writes to rewritten_ and returns how many characters it has dealt with, or
// returns 0 to have one character copied.
template <typename Rule>
void TreebankWords::rewrite(Rule rule) {
  rewritten_.clear();
  const std::u32string_view text = text_;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = rule(text.substr(i), i);
    if (length == 0) rewritten_.push_back(text[i]);
    i += std::max<std::size_t>(length, 1);
  }
  text_.swap(rewritten_);
}

void TreebankWords::split_starting_quotes() {
  rewrite([this](std::u32string_view rest, std::size_t i) -> std::size_t {
    if (rest.starts_with(U"``")) return append_padded(rewritten_, U"``"), 2;
    if (is_one_of(rest[0], U"«“‘„`")) return append_padded(rewritten_, rest.substr(0, 1)), 1;
    if (i == 0 && rest[0] == U'"') return append_padded(rewritten_, U"``"), 1;
    return 0;
  });
  rewrite([this](std::u32string_view rest, std::size_t) -> std::size_t {
    if (!is_one_of(rest[0], U" ([{<")) return 0;
    const std::size_t quote = rest.substr(1).starts_with(U'"') ? 1 : rest.substr(1).starts_with(U"''") ? 2 : 0;
    if (quote == 0) return 0;
    rewritten_.push_back(rest[0]);
    append_padded(rewritten_, U"``");
    return 1 + quote;
  });
  rewrite([this](std::u32string_view rest, std::size_t i) -> std::size_t {
    const bool opens = rest[0] == U'\'' && is_word_at(rest, 1) && (i == 0 || !is_word_character(text_[i - 1]));
    if (!opens || begins_clitic(rest.substr(1))) return 0;
    rewritten_.append(U"' ");
    return 1;
  });
}

void TreebankWords::split_punctuation() {
  // The last period, if only closing quotes and brackets follow it.
  if (const std::size_t period = text_.rfind(U'.'); period != text_.npos && period > 0 && text_[period - 1] != U'.') {
    const std::size_t closed = std::min(text_.find_first_not_of(U"])}>\"'»”’ ", period + 1), text_.size());
    if (std::all_of(text_.begin() + static_cast<std::ptrdiff_t>(closed), text_.end(), is_space)) {
      rewritten_.assign(text_, 0, period).append(U" . ").append(text_, period + 1, closed - period - 1);
      text_.swap(rewritten_);
    }
  }
  rewrite([this](std::u32string_view rest, std::size_t) -> std::size_t {
    if (rest[0] != U':' && rest[0] != U',') return 0;
    if (rest.size() == 1) return append_padded(rewritten_, rest), 1;
    if (is_decimal(rest[1])) return 0;
    append_padded(rewritten_, rest.substr(0, 1));
    rewritten_.push_back(rest[1]);
    return 2;
  });
  rewrite([this](std::u32string_view rest, std::size_t) -> std::size_t {
    if (rest.starts_with(U"..")) {
      const std::size_t length = std::min(rest.find_first_not_of(U'.'), rest.size());
      return append_padded(rewritten_, rest.substr(0, length)), length;
    }
    if (is_one_of(rest[0], U";@#$%&‒–—―?!")) return append_padded(rewritten_, rest.substr(0, 1)), 1;
    return 0;
  });
  rewrite([this](std::u32string_view rest, std::size_t) -> std::size_t {
    if (rest[0] == U'\'' || !rest.substr(1).starts_with(U"' ")) return 0;
    rewritten_.push_back(rest[0]);
    append_padded(rewritten_, U"'");
    return 3;
  });
  rewrite([this](std::u32string_view rest, std::size_t) -> std::size_t {
    if (rest.starts_with(U"--")) return append_padded(rewritten_, U"--"), 2;
    if (is_one_of(rest[0], U"*[](){}<>")) return append_padded(rewritten_, rest.substr(0, 1)), 1;
    return 0;
  });
}

void TreebankWords::split_ending_quotes() {
  rewrite([this](std::u32string_view rest, std::size_t) -> std::size_t {
    if (rest.starts_with(U"''")) return append_padded(rewritten_, U"''"), 2;
    if (rest[0] == U'"') return append_padded(rewritten_, U"''"), 1;
    if (is_one_of(rest[0], U"»”’")) return append_padded(rewritten_, rest.substr(0, 1)), 1;
    if (!is_space(rest[0])) return 0;
    rewritten_.push_back(U' ');
    return 1;
  });
  rewrite([this](std::u32string_view rest, std::size_t) -> std::size_t {
    const std::size_t clitic = is_one_of(rest[0], U"' ") ? 0 : short_clitic_length(rest.substr(1));
    if (clitic == 0) return 0;
    rewritten_.push_back(rest[0]);
    append_padded(rewritten_, rest.substr(1, clitic));
    return 2 + clitic;
  });
  rewrite([this](std::u32string_view rest, std::size_t) -> std::size_t {
    const std::size_t clitic = is_one_of(rest[0], U"' ") ? 0 : long_clitic_length(rest.substr(1));
    if (clitic == 0) return 0;
    rewritten_.push_back(rest[0]);
    append_padded(rewritten_, rest.substr(1, clitic));
    return 2 + clitic;
  });
}

void TreebankWords::split_contractions() {
  rewrite([this](std::u32string_view rest, std::size_t i) -> std::size_t {
    if (i > 0 && is_word_character(text_[i - 1])) return 0;
    for (const auto& [first, second] : kContractions) {
      const std::size_t length = first.size() + second.size();
      if (!starts_with_any_case(rest, first) || !starts_with_any_case(rest.substr(first.size()), second)) continue;
      const bool needs_space = first == U"wan";
      if (is_word_at(rest, length) || (needs_space && !rest.substr(length).starts_with(U' '))) continue;
      append_padded(rewritten_, rest.substr(0, first.size()));
      append_padded(rewritten_, rest.substr(first.size(), second.size()));
      return length;
    }
    return 0;
  });
}

std::uint32_t TreebankWords::count(std::u32string_view sentence) {
  text_ = sentence;
  split_starting_quotes();
  split_punctuation();
  text_.push_back(U' ');
  split_ending_quotes();
  split_contractions();
  std::uint32_t words = 0;
  bool inside = false;
  for (const char32_t c : text_) {
    if (!inside && c != U' ') ++words;
    inside = c != U' ';
  }
  return words;
}

}  // namespace winnow::text
