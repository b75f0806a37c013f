#include "selection/budget.hpp"

#include <optional>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::selection {
namespace {

constexpr std::size_t kMostDigits = 15;
constexpr std::uint64_t kMostPercentDivisor = 1'000'000;

/// A decimal number: digits / divisor, the divisor a power of ten.
struct Decimal {
  std::uint64_t digits = 0;
  std::uint64_t divisor = 1;
};

/// nullopt unless `text` is digits with at most one point between digits.
std::optional<Decimal> parse_decimal(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty() || text.size() > kMostDigits || !is_digit(text.front()) ||
      !is_digit(text.back()))
    return std::nullopt;
  Decimal number;
  bool after_point = false;
  for (const char c : text) {
    if (c == '.' && !after_point) {
      after_point = true;
    } else if (is_digit(c)) {
      number.digits = number.digits * 10 + static_cast<std::uint64_t>(c - '0');
      if (after_point) number.divisor *= 10;
    } else {
      return std::nullopt;
    }
  }
  return number;
}

/// Removes `suffix` and the blanks before it from the end of `text`.
bool remove_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  while (text.ends_with(' ')) text.remove_suffix(1);
  return true;
}

std::uint64_t remove_multiplier(std::string_view& text) {
  if (remove_suffix(text, "k")) return 1'000;
  if (remove_suffix(text, "M")) return 1'000'000;
  if (remove_suffix(text, "G")) return 1'000'000'000;
  return 1;
}

[[noreturn]] void refuse(std::string_view key, std::string_view text, std::string_view why) {
  throw core::UsageError(fmt::format(
      "{}: `{}` {}; expected rows (1000), a percentage of all rows (5%) or tokens (2M tokens)", key,
      text, why));
}

}  // namespace

Budget parse_budget(std::string_view key, std::string_view text) {
  std::string_view rest = text;
  Budget budget;
  std::uint64_t multiplier = 1;
  if (remove_suffix(rest, "%")) {
    budget.unit = Budget::Unit::percent;
  } else if (remove_suffix(rest, "tokens")) {
    budget.unit = Budget::Unit::tokens;
    multiplier = remove_multiplier(rest);
  }
  const std::optional<Decimal> number = parse_decimal(rest);
  if (!number) refuse(key, text, "is not a budget");
  if (number->digits == 0) refuse(key, text, "selects nothing");
  if (budget.unit == Budget::Unit::percent) {
    budget.amount = number->digits;
    budget.divisor = 100 * number->divisor;
    if (number->divisor > kMostPercentDivisor) refuse(key, text, "has more than 6 decimals");
    if (budget.amount > budget.divisor) refuse(key, text, "is more than 100%");
    return budget;
  }
  // At most 15 digits times 10^9 may pass 64 bits only beyond 10^18 rows or tokens, which nobody
  // has.
  if (number->digits > 1'000'000'000'000'000'000ULL / multiplier) refuse(key, text, "is too large");
  const std::uint64_t scaled = number->digits * multiplier;
  if (scaled % number->divisor != 0) refuse(key, text, "is not a whole number");
  budget.amount = scaled / number->divisor;
  return budget;
}

std::uint64_t resolve_budget(const Budget& budget, std::uint64_t rows) {
  if (budget.unit != Budget::Unit::percent) return budget.amount;
  // floor(rows x amount / divisor) within 64 bits: amount <= divisor <= 10^8.
  const std::uint64_t whole = rows / budget.divisor * budget.amount;
  const std::uint64_t amount = whole + rows % budget.divisor * budget.amount / budget.divisor;
  if (amount == 0) {
    throw core::DataError(fmt::format(
        "the budget of {}% comes to 0 of {} rows; expected at least 1",
        100.0 * static_cast<double>(budget.amount) / static_cast<double>(budget.divisor), rows));
  }
  return amount;
}

void check_available(const Budget& budget, std::uint64_t amount, std::uint64_t available) {
  if (amount <= available) return;
  const char* unit = budget.unit == Budget::Unit::tokens ? "tokens" : "rows";
  throw core::DataError(fmt::format("the budget asks for {} {}, but only {} {} are eligible",
                                    amount, unit, available, unit));
}

}  // namespace winnow::selection
