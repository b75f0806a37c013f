#include "text/treebank_words.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "text/character_class.hpp"

namespace winnow::text {
namespace {

/// Characters to look for; ASCII ones are told without a search.
class CharacterSet {
 public:
  constexpr explicit CharacterSet(std::u32string_view characters) : characters_(characters) {
    for (const char32_t c : characters)
      if (c < is_in_.size()) is_in_[c] = true;
  }
  [[nodiscard]] constexpr bool contains(char32_t c) const {
    return c < is_in_.size() ? is_in_[c] : characters_.find(c) != characters_.npos;
  }

 private:
  std::u32string_view characters_;
  std::array<bool, 128> is_in_{};
};

constexpr CharacterSet kOpeningQuotes(U"«“‘„`\"");
constexpr CharacterSet kStraightQuotes(U"\"'");
constexpr CharacterSet kBeforeOpeningQuote(U" ([{<");
constexpr CharacterSet kApostrophe(U"'");
constexpr CharacterSet kColonAndComma(U":,");
constexpr CharacterSet kMarks(U".;@#$%&‒–—―?!");
constexpr CharacterSet kBracketsAndDash(U"*[](){}<>-");
constexpr CharacterSet kClosingQuotes(U"'\"»”’");
constexpr CharacterSet kShortClitics(U"sSmMdD");
constexpr CharacterSet kLongCliticBegins(U"'nN");
constexpr CharacterSet kContractionBegins(U"cdglmwCDGLMW");

constexpr std::u32string_view kLongClitics[] = {U"'ll", U"'LL", U"'re", U"'RE",
                                                U"'ve", U"'VE", U"n't", U"N'T"};
constexpr std::u32string_view kCliticsOfNoQuote[] = {U"re", U"ve", U"ll", U"m",
                                                     U"t",  U"s",  U"d",  U"n"};

struct Contraction {
  std::u32string_view first;
  std::u32string_view second;
};
constexpr Contraction kContractions[] = {{U"can", U"not"}, {U"d", U"'ye"},  {U"gim", U"me"},
                                         {U"gon", U"na"},  {U"got", U"ta"}, {U"lem", U"me"},
                                         {U"more", U"'n"}, {U"wan", U"na"}};

bool is_decimal(char32_t c) { return c >= U'0' && c <= U'9'; }

/// ASCII letters in either case; `lower` is in lower case.
bool starts_with_any_case(std::u32string_view text, std::u32string_view lower) {
  return text.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), text.begin(), [](char32_t a, char32_t b) {
           return a == b || (b < 0x80 && a == to_lower(b));
         });
}

/// A sentence on its way through the rules: each puts spaces around what becomes a word of its own.
class Splitter {
 public:
  explicit Splitter(std::u32string_view sentence) : text_(sentence) {}

  void split_opening_quotes();
  void split_punctuation();
  void split_closing_quotes();
  void split_clitics();
  void split_contractions();
  [[nodiscard]] std::uint32_t count() const;

 private:
  // Goes through the text once. At each character of `begins`, `rule(i)` either writes what it
  // makes of some characters and returns how many they are, or returns 0 to leave things as they
  // are.
  template <typename Rule>
  void rewrite(const CharacterSet& begins, Rule rule) {
    rewritten_.clear();
    std::size_t copied = 0;
    for (std::size_t i = 0; i < text_.size();) {
      if (!begins.contains(text_[i])) {
        ++i;
        continue;
      }
      rewritten_.append(text_, copied, i - copied);
      const std::size_t length = rule(i);
      copied = i + length;
      i += std::max<std::size_t>(length, 1);
    }
    if (copied == 0) return;
    rewritten_.append(text_, copied);
    text_.swap(rewritten_);
  }

  std::size_t pad(std::size_t i, std::size_t length) {
    rewritten_.append(U" ").append(text_, i, length).append(U" ");
    return length;
  }

  [[nodiscard]] std::u32string_view rest(std::size_t i) const {
    return std::u32string_view(text_).substr(i);
  }
  [[nodiscard]] bool has_word_character(std::size_t i) const {
    return i < text_.size() && is_word_character(text_[i]);
  }
  [[nodiscard]] bool ends_or_has_space(std::size_t i) const {
    return i == text_.size() || is_space(text_[i]);
  }
  void split_last_period();
  [[nodiscard]] bool begins_clitic(std::size_t i) const;

  std::u32string text_;
  std::u32string rewritten_;
};

bool Splitter::begins_clitic(std::size_t i) const {
  return std::any_of(
      std::begin(kCliticsOfNoQuote), std::end(kCliticsOfNoQuote), [&](std::u32string_view clitic) {
        return starts_with_any_case(rest(i), clitic) && !has_word_character(i + clitic.size());
      });
}

void Splitter::split_opening_quotes() {
  rewrite(kOpeningQuotes, [&](std::size_t i) -> std::size_t {
    if (rest(i).starts_with(U"``")) return pad(i, 2);
    if (text_[i] == U'"' && i > 0) return 0;
    return pad(i, 1);
  });
  rewrite(kStraightQuotes, [&](std::size_t i) -> std::size_t {
    if (i == 0 || !kBeforeOpeningQuote.contains(text_[i - 1])) return 0;
    const std::size_t length = text_[i] == U'"' ? 1 : rest(i).starts_with(U"''") ? 2 : 0;
    if (length > 0) rewritten_.append(U" `` ");
    return length;
  });
  rewrite(kApostrophe, [&](std::size_t i) -> std::size_t {
    const bool is_inside_word = i > 0 && is_word_character(text_[i - 1]);
    if (is_inside_word || !has_word_character(i + 1) || begins_clitic(i + 1)) return 0;
    return pad(i, 1);
  });
}

// Splits off a period at the end, where closing quotes and brackets may follow it.
void Splitter::split_last_period() {
  const std::size_t period = text_.rfind(U'.');
  if (period == text_.npos || period == 0 || text_[period - 1] == U'.') return;
  const std::size_t closed =
      std::min(text_.find_first_not_of(U"])}>\"'»”’ ", period + 1), text_.size());
  if (!std::all_of(text_.begin() + static_cast<std::ptrdiff_t>(closed), text_.end(), is_space))
    return;
  rewritten_.assign(text_, 0, period).append(U" . ").append(text_, period + 1, closed - period - 1);
  text_.swap(rewritten_);
}

void Splitter::split_punctuation() {
  split_last_period();
  rewrite(kColonAndComma, [&](std::size_t i) -> std::size_t {
    if (i + 1 == text_.size()) return pad(i, 1);
    if (is_decimal(text_[i + 1])) return 0;
    pad(i, 1);
    rewritten_.push_back(text_[i + 1]);
    return 2;
  });
  rewrite(kMarks, [&](std::size_t i) -> std::size_t {
    if (text_[i] != U'.') return pad(i, 1);
    const std::size_t length = std::min(rest(i).find_first_not_of(U'.'), text_.size() - i);
    if (length > 1) return pad(i, length);
    return 0;
  });
  rewrite(kApostrophe, [&](std::size_t i) -> std::size_t {
    if (i == 0 || text_[i - 1] == U'\'' || !rest(i + 1).starts_with(U' ')) return 0;
    return pad(i, 1);
  });
  rewrite(kBracketsAndDash, [&](std::size_t i) -> std::size_t {
    if (text_[i] != U'-') return pad(i, 1);
    return rest(i).starts_with(U"--") ? pad(i, 2) : 0;
  });
}

void Splitter::split_closing_quotes() {
  rewrite(kClosingQuotes, [&](std::size_t i) -> std::size_t {
    if (rest(i).starts_with(U"''")) return pad(i, 2);
    if (text_[i] == U'\'') return 0;
    if (text_[i] != U'"') return pad(i, 1);
    rewritten_.append(U" '' ");
    return 1;
  });
}

void Splitter::split_clitics() {
  const auto is_after_word = [&](std::size_t i) {
    return i > 0 && text_[i - 1] != U'\'' && !is_space(text_[i - 1]);
  };
  rewrite(kApostrophe, [&](std::size_t i) -> std::size_t {
    if (!is_after_word(i)) return 0;
    if (ends_or_has_space(i + 1)) return pad(i, 1);
    return kShortClitics.contains(text_[i + 1]) && ends_or_has_space(i + 2) ? pad(i, 2) : 0;
  });
  rewrite(kLongCliticBegins, [&](std::size_t i) -> std::size_t {
    if (!is_after_word(i)) return 0;
    for (const std::u32string_view clitic : kLongClitics)
      if (rest(i).starts_with(clitic) && ends_or_has_space(i + clitic.size()))
        return pad(i, clitic.size());
    return 0;
  });
}

void Splitter::split_contractions() {
  rewrite(kContractionBegins, [&](std::size_t i) -> std::size_t {
    if (i > 0 && is_word_character(text_[i - 1])) return 0;
    for (const auto& [first, second] : kContractions) {
      const std::size_t middle = i + first.size();
      if (!starts_with_any_case(rest(i), first) || !starts_with_any_case(rest(middle), second))
        continue;
      const std::size_t end = middle + second.size();
      if (first == U"wan" ? !ends_or_has_space(end) : has_word_character(end)) continue;
      return pad(i, first.size()) + pad(middle, second.size());
    }
    return 0;
  });
}

std::uint32_t Splitter::count() const {
  std::uint32_t words = 0;
  bool is_inside = false;
  for (const char32_t c : text_) {
    const bool is_part = !is_space(c);
    if (is_part && !is_inside) ++words;
    is_inside = is_part;
  }
  return words;
}

}  // namespace

std::uint32_t treebank_word_count(std::u32string_view sentence) {
  Splitter splitter(sentence);
  splitter.split_opening_quotes();
  splitter.split_punctuation();
  splitter.split_closing_quotes();
  splitter.split_clitics();
  splitter.split_contractions();
  return splitter.count();
}

}  // namespace winnow::text
