#include "selection/expression_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/nearest.hpp"
#include "selection/expression_functions.hpp"
#include "selection/expression_tokens.hpp"

namespace winnow::selection {
namespace {

constexpr std::size_t kMostBytes = 4'096;  // muParser itself takes 20,000 of our calls' text
constexpr std::size_t kMostLevels = 100;

/// A part of the expression, as a call for muParser.
struct Term {
  ExpressionKind kind;
  std::size_t begin;  ///< byte in the expression
  std::string text;
};

struct Operator {
  std::string_view symbol;
  std::string_view call;
};
constexpr std::array kComparisons{Operator{"<", "lt"},  Operator{"<=", "le"}, Operator{">", "gt"},
                                  Operator{">=", "ge"}, Operator{"==", "eq"}, Operator{"!=", "ne"}};
constexpr std::array kSums{Operator{"+", "add"}, Operator{"-", "sub"}};
constexpr std::array kProducts{Operator{"*", "mul"}, Operator{"/", "div"}};

const char* name_of(ExpressionKind kind) {
  return kind == ExpressionKind::condition ? "a condition" : "a number";
}

template <class T>
std::size_t index_in(std::vector<T>& list, const T& item) {
  const auto place = std::ranges::find(list, item);
  const auto index = static_cast<std::size_t>(place - list.begin());
  if (place == list.end()) list.push_back(item);
  return index;
}

/// By recursive descent, loosest first: ?: or and not comparison + - * / sign ^.
class Reader {
 public:
  Reader(std::string_view place, std::string_view text, std::span<const std::string> known)
      : tokens_(place, text), known_(known.begin(), known.end()) {}

  ReadExpression read(ExpressionKind kind) {
    if (tokens_.next().kind == TokenKind::end)
      tokens_.fail("nothing", 0, fmt::format("{}, such as {}", name_of(kind), example(kind)));
    const Term term = choice();
    if (tokens_.next().kind != TokenKind::end)
      tokens_.fail(tokens_.next(), "an operator or the end");
    need(kind, term, fmt::format(", such as {}", example(kind)));
    read_.program.text = term.text;
    return std::move(read_);
  }

 private:
  /// One level of nesting, as long as it lives.
  class Level {
   public:
    explicit Level(Reader& reader) : depth_(reader.depth_) {
      if (++depth_ > kMostLevels)
        reader.tokens_.fail(reader.tokens_.next(),
                            fmt::format("at most {} levels of nesting", kMostLevels));
    }
    ~Level() { --depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    std::size_t& depth_;
  };

  static const char* example(ExpressionKind kind) {
    return kind == ExpressionKind::condition ? "ifd_ppl < 1" : "evol_complexity * evol_quality";
  }

  /// `term` is the last that was read.
  void need(ExpressionKind kind, const Term& term, std::string_view hint = "") const {
    if (term.kind != kind)
      tokens_.fail(
          fmt::format("{} ({})", quoted(tokens_.taken_from(term.begin)), name_of(term.kind)),
          term.begin, fmt::format("{}{}", name_of(kind), hint));
  }

  Term choice() {
    const Level level(*this);
    Term condition = any_of();
    if (!tokens_.is_next({"?"})) return condition;
    need(ExpressionKind::condition, condition, " before '?'");
    tokens_.take();
    const Term yes = choice();
    if (!tokens_.take_if({":"})) tokens_.fail(tokens_.next(), "':' and what holds otherwise");
    const Term no = choice();
    need(yes.kind, no, " as before ':'");
    return {yes.kind, condition.begin,
            fmt::format("choose({},{},{})", condition.text, yes.text, no.text)};
  }

  Term any_of() {
    return joined([this] { return all_of(); }, {"or", "||"}, "or");
  }

  Term all_of() {
    return joined([this] { return negation(); }, {"and", "&&"}, "and");
  }

  template <class Part>
  Term joined(Part part, std::initializer_list<std::string_view> symbols, std::string_view call) {
    Term all = part();
    while (tokens_.is_next(symbols)) {
      need(ExpressionKind::condition, all);
      tokens_.take();
      const Term next = part();
      need(ExpressionKind::condition, next);
      all.text = fmt::format("{}({},{})", call, all.text, next.text);
    }
    return all;
  }

  Term negation() {
    const std::size_t begin = tokens_.next().begin;
    if (!tokens_.take_if({"not", "!"})) return comparison();
    const Level level(*this);
    const Term negated = negation();
    need(ExpressionKind::condition, negated);
    return {ExpressionKind::condition, begin, fmt::format("not({})", negated.text)};
  }

  Term comparison() {
    Term left = sum();
    const Operator* comparison = next_of(kComparisons);
    if (comparison == nullptr) return left;
    need(ExpressionKind::number, left);
    tokens_.take();
    const Term right = sum();
    need(ExpressionKind::number, right);
    if (next_of(kComparisons) != nullptr)
      tokens_.fail(tokens_.next(), "one comparison at a time, such as 1 < a and a < 2");
    return {ExpressionKind::condition, left.begin,
            fmt::format("{}({},{})", comparison->call, left.text, right.text)};
  }

  Term sum() {
    return chained([this] { return product(); }, kSums);
  }

  Term product() {
    return chained([this] { return sign(); }, kProducts);
  }

  template <class Part>
  Term chained(Part part, std::span<const Operator> operators) {
    Term all = part();
    while (const Operator* each = next_of(operators)) {
      need(ExpressionKind::number, all);
      tokens_.take();
      const Term next = part();
      need(ExpressionKind::number, next);
      all.text = fmt::format("{}({},{})", each->call, all.text, next.text);
    }
    return all;
  }

  [[nodiscard]] const Operator* next_of(std::span<const Operator> operators) const {
    for (const Operator& each : operators)
      if (tokens_.is_next({each.symbol})) return &each;
    return nullptr;
  }

  Term sign() {
    const std::size_t begin = tokens_.next().begin;
    const bool is_negative = tokens_.is_next({"-"});
    if (!tokens_.take_if({"-", "+"})) return power();
    const Level level(*this);
    Term number = sign();
    need(ExpressionKind::number, number);
    return {ExpressionKind::number, begin,
            is_negative ? fmt::format("neg({})", number.text) : number.text};
  }

  Term power() {
    Term base = atom();
    if (!tokens_.is_next({"^"})) return base;
    need(ExpressionKind::number, base);
    tokens_.take();
    const Level level(*this);
    const Term exponent = sign();
    need(ExpressionKind::number, exponent);
    return {ExpressionKind::number, base.begin,
            fmt::format("pow({},{})", base.text, exponent.text)};
  }

  Term atom() {
    if (tokens_.is_next({"("})) {
      const Token open = tokens_.take();
      Term inside = choice();
      close(open);
      return {inside.kind, open.begin, std::move(inside.text)};
    }
    const bool is_word_of_language = tokens_.is_next({"and", "or", "not"});
    if (tokens_.next().kind == TokenKind::number) return constant(tokens_.take());
    if (tokens_.next().kind == TokenKind::word && !is_word_of_language) {
      const Token word = tokens_.take();
      return tokens_.is_next({"("}) ? call(word) : name(word);
    }
    tokens_.fail(tokens_.next(), "a number, a name or '('");
  }

  void close(const Token& open) {
    if (!tokens_.take_if({")"}))
      tokens_.fail(tokens_.next(), fmt::format("an operator or the ')' of column {}",
                                               tokens_.column_of(open.begin)));
  }

  Term constant(const Token& token) {
    return {ExpressionKind::number, token.begin,
            fmt::format("c{}", index_in(program_->constant, token.number))};
  }

  Term name(const Token& word) {
    const std::string text(word.text);
    if (std::ranges::find(known_, text) == known_.end()) fail_unknown(word);
    const std::size_t index = index_in(read_.names, text);
    return {ExpressionKind::number, word.begin,
            fmt::format("v{}", index_in(program_->name, index))};
  }

  [[noreturn]] void fail_unknown(const Token& word) const {
    const std::vector<std::string> functions = function_names();
    if (std::ranges::find(functions, word.text) != functions.end())
      tokens_.fail(word, fmt::format("{}(...): it is a function", word.text));
    if (word.text.front() == '.' || (word.text.front() >= '0' && word.text.front() <= '9'))
      tokens_.fail(word, "a number, such as 12, 0.5 or 1e-3, or a name");
    if (known_.empty()) tokens_.fail(word, "no name: there are no stored numbers");
    tokens_.fail(fmt::format("the unknown name {}", quoted(word.text)), word.begin,
                 fmt::format("the name of a stored number; the nearest is '{}'",
                             core::nearest(word.text, known_)));
  }

  Term call(const Token& function) {
    const auto is_called = [&](std::string_view name) { return name == function.text; };
    const auto of_rows = std::ranges::find(kAggregates, function.text, &NamedAggregate::name);
    if (of_rows != kAggregates.end()) return aggregate(function, of_rows->function);
    if (std::ranges::any_of(kOfOne, is_called)) {
      Term argument = only_argument(function);
      return {ExpressionKind::number, function.begin,
              fmt::format("{}({})", function.text, argument.text)};
    }
    if (std::ranges::any_of(kOfSeveral, is_called)) return extreme(function);
    tokens_.fail(fmt::format("the unknown function {}", quoted(function.text)), function.begin,
                 fmt::format("a function of expressions; the nearest is '{}'",
                             core::nearest(function.text, function_names())));
  }

  Term argument() {
    Term value = choice();
    need(ExpressionKind::number, value);
    return value;
  }

  Term only_argument(const Token& function) {
    const Token open = tokens_.take();
    Term value = argument();
    if (tokens_.is_next({","}))
      tokens_.fail(tokens_.next(), fmt::format("one value in {}(...)", function.text));
    close(open);
    return value;
  }

  Term extreme(const Token& function) {
    const Token open = tokens_.take();
    Term all = argument();
    if (tokens_.is_next({")"}))
      tokens_.fail(tokens_.next(),
                   fmt::format("',' and a second value in {}(...); over all rows it is {}(...)",
                               function.text, function.text == "min" ? "lowest" : "highest"));
    while (tokens_.take_if({","})) {
      const Term next = argument();
      all.text = fmt::format("{}({},{})", function.text, all.text, next.text);
    }
    close(open);
    return {ExpressionKind::number, function.begin, std::move(all.text)};
  }

  Term aggregate(const Token& word, AggregateFunction function) {
    if (program_ != &read_.program)
      tokens_.fail(word, "no function over the rows inside another one");
    Aggregate whole;
    whole.function = function;
    program_ = &whole.inner;
    if (function == AggregateFunction::quantile) {
      const Token open = tokens_.take();
      whole.inner.text = argument().text;
      if (!tokens_.take_if({","}))
        tokens_.fail(tokens_.next(), "',' and a share from 0 to 1, such as quantile(a, 0.9)");
      whole.share = share();
      close(open);
    } else {
      whole.inner.text = only_argument(word).text;
    }
    program_ = &read_.program;
    whole.text = tokens_.taken_from(word.begin);
    return {ExpressionKind::number, word.begin,
            fmt::format("a{}", index_in(program_->aggregate, index_in(read_.aggregates, whole)))};
  }

  double share() {
    if (tokens_.next().kind != TokenKind::number || tokens_.next().number > 1)
      tokens_.fail(tokens_.next(), "a plain number from 0 to 1");
    return tokens_.take().number;
  }

  ExpressionTokens tokens_;
  std::vector<std::string> known_;
  ReadExpression read_;
  Program* program_ = &read_.program;  ///< that names and constants belong to
  std::size_t depth_ = 0;
};

}  // namespace

ReadExpression read_expression(std::string_view place, std::string_view text, ExpressionKind kind,
                               std::span<const std::string> known) {
  if (text.size() > kMostBytes)
    throw core::UsageError(fmt::format("{}: found {} bytes, expected an expression of at most {}",
                                       place, text.size(), kMostBytes));
  return Reader(place, text, known).read(kind);
}

}  // namespace winnow::selection
