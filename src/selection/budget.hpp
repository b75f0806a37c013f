#pragma once

#include <cstdint>
#include <string_view>

namespace winnow::selection {

/// How much to select, as the user wrote it. Exact: a percentage is kept in decimal.
struct Budget {
  enum class Unit { rows, percent, tokens };
  Unit unit = Unit::rows;
  std::uint64_t amount = 0;   ///< rows, tokens, or the digits of the percentage without its point
  std::uint64_t divisor = 1;  ///< percent: the share of all rows is amount / divisor, at most 1
};

/// Reads `1000`, `5%`, `0.5%`, `2M tokens`, `500k tokens`, `1.5M tokens` (k, M, G are powers of
/// 1,000).
/// @throws UsageError naming `key` and `text`: not one of these forms, 0, or more than 100 %.
[[nodiscard]] Budget parse_budget(std::string_view key, std::string_view text);

/// What a selection may spend: rows for rows and percent, tokens for tokens. A percentage is
/// floor(rows x share) of `rows`: all rows of the data set, as IterIT and Superfiltering count (or
/// the eligible ones where a method says `of: eligible`).
/// @throws DataError when a percentage comes to no row at all.
[[nodiscard]] std::uint64_t resolve_budget(const Budget& budget, std::uint64_t rows);

/// @throws DataError with both counts when more is asked for than `available` (eligible rows, or
/// their tokens).
void check_available(const Budget& budget, std::uint64_t amount, std::uint64_t available);

}  // namespace winnow::selection
