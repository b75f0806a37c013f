#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace winnow::selection {

enum class TokenKind { number, word, symbol, end };

struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;  ///< of the expression; empty at its end
  std::size_t begin = 0;  ///< byte in the expression
  double number = 0;      ///< of a number
};

/// The words of an expression, one at a time from the left: numbers, names (with a scorer's name
/// and a point before them), operators. Whatever else stands there is a UsageError.
class ExpressionTokens {
 public:
  /// `place` begins every message.
  ExpressionTokens(std::string_view place, std::string_view text);

  /// The token that take() gives.
  [[nodiscard]] const Token& next() const { return next_; }
  Token take();
  /// Takes the next token if its text is one of these.
  bool take_if(std::initializer_list<std::string_view> texts);
  [[nodiscard]] bool is_next(std::initializer_list<std::string_view> texts) const;

  /// The text from byte `begin` to the end of the last token taken.
  [[nodiscard]] std::string_view taken_from(std::size_t begin) const {
    return text_.substr(begin, taken_end_ - begin);
  }

  /// From 1, in characters.
  [[nodiscard]] std::size_t column_of(std::size_t begin) const;

  /// @throws UsageError  `place: found <found> at column <of begin>, expected <expected>`
  [[noreturn]] void fail(std::string_view found, std::size_t begin,
                         std::string_view expected) const;
  [[noreturn]] void fail(const Token& found, std::string_view expected) const;

 private:
  [[nodiscard]] Token read() const;
  [[nodiscard]] Token read_word(std::size_t begin) const;
  [[nodiscard]] Token read_symbol(std::size_t begin) const;

  std::string_view place_;
  std::string_view text_;
  std::size_t taken_end_ = 0;
  Token next_;
};

/// `text` in quotes for a message, cut where it is long.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace winnow::selection
