#pragma once

#include <span>
#include <string>
#include <string_view>

#include "selection/expression_program.hpp"

namespace winnow::selection {

/// Checks `text` against the language of docs/filters.md and turns it into programs.
/// @throws UsageError  beginning with `place`: what was found, at which column, what was expected
[[nodiscard]] ReadExpression read_expression(std::string_view place, std::string_view text,
                                             ExpressionKind kind,
                                             std::span<const std::string> known);

}  // namespace winnow::selection
