#include "selection/expression_tokens.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::selection {
namespace {

constexpr std::array<std::string_view, 19> kSymbols{"&&", "||", "<=", ">=", "==", "!=", "<",
                                                    ">",  "!",  "+",  "-",  "*",  "/",  "^",
                                                    "(",  ")",  ",",  "?",  ":"};

struct Mistake {
  std::string_view found;
  std::string_view expected;
};

/// What other languages write, before the symbols it begins with.
constexpr std::array kMistakes{
    Mistake{"**", "^ for a power"},
    Mistake{"<>", "!="},
    Mistake{"&", "&& or and"},
    Mistake{"|", "|| or or"},
    Mistake{"=", "=="},
    Mistake{"\"", "a number or a name: an expression knows no texts"},
    Mistake{"'", "a number or a name: an expression knows no texts"},
};

constexpr std::size_t kMostShown = 60;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_of_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

std::string quoted(std::string_view text) {
  std::size_t length = std::min(text.size(), kMostShown);
  while (length > 0 && length < text.size() && continues_character(text[length])) --length;
  return fmt::format("'{}{}'", core::one_line(text.substr(0, length)),
                     length < text.size() ? "..." : "");
}

ExpressionTokens::ExpressionTokens(std::string_view place, std::string_view text)
    : place_(place), text_(text) {
  next_ = read();
}

Token ExpressionTokens::take() {
  const Token taken = next_;
  taken_end_ = taken.begin + taken.text.size();
  next_ = read();
  return taken;
}

bool ExpressionTokens::is_next(std::initializer_list<std::string_view> texts) const {
  return next_.kind != TokenKind::end && std::ranges::find(texts, next_.text) != texts.end();
}

bool ExpressionTokens::take_if(std::initializer_list<std::string_view> texts) {
  if (!is_next(texts)) return false;
  take();
  return true;
}

std::size_t ExpressionTokens::column_of(std::size_t begin) const {
  const auto before =
      std::ranges::count_if(text_.substr(0, begin), [](char c) { return !continues_character(c); });
  return 1 + static_cast<std::size_t>(before);
}

void ExpressionTokens::fail(std::string_view found, std::size_t begin,
                            std::string_view expected) const {
  throw core::UsageError(fmt::format("{}: found {} at column {}, expected {}", place_, found,
                                     column_of(begin), expected));
}

void ExpressionTokens::fail(const Token& found, std::string_view expected) const {
  fail(found.kind == TokenKind::end ? "the end" : quoted(found.text), found.begin, expected);
}

Token ExpressionTokens::read() const {
  std::size_t begin = taken_end_;
  while (begin < text_.size() && is_space(text_[begin])) ++begin;
  if (begin == text_.size()) return {TokenKind::end, {}, begin, 0};
  return is_of_word(text_[begin]) ? read_word(begin) : read_symbol(begin);
}

Token ExpressionTokens::read_word(std::size_t begin) const {
  std::size_t end = begin;
  while (end < text_.size() && is_of_word(text_[end])) ++end;
  Token token{TokenKind::word, text_.substr(begin, end - begin), begin, 0};
  if (!is_digit(text_[begin]) && text_[begin] != '.') return token;
  // A number may end in 1e-5, past the word; a name may begin with a digit.
  const auto [stop, error] =
      std::from_chars(text_.data() + begin, text_.data() + text_.size(), token.number);
  const auto length = static_cast<std::size_t>(stop - (text_.data() + begin));
  if (length < token.text.size()) return token;
  token.kind = TokenKind::number;
  token.text = text_.substr(begin, length);
  if (error != std::errc()) fail(token, "a number that a 64-bit float holds");
  return token;
}

Token ExpressionTokens::read_symbol(std::size_t begin) const {
  const std::string_view rest = text_.substr(begin);
  const auto is_here = [rest](std::string_view symbol) { return rest.starts_with(symbol); };
  const auto symbol = std::ranges::find_if(kSymbols, is_here);
  const auto mistake = std::ranges::find_if(kMistakes, is_here, &Mistake::found);
  const bool is_known = symbol != kSymbols.end();
  if (mistake != kMistakes.end() && !(is_known && symbol->size() >= mistake->found.size()))
    fail(quoted(mistake->found), begin, mistake->expected);
  if (is_known) return {TokenKind::symbol, rest.substr(0, symbol->size()), begin, 0};
  std::size_t length = 1;
  while (length < rest.size() && continues_character(rest[length])) ++length;
  fail(quoted(rest.substr(0, length)), begin, "a number, a name or an operator");
}

}  // namespace winnow::selection
