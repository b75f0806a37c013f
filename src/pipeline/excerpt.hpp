#pragma once

#include <cstddef>
#include <string>

namespace winnow::pipeline {

/// The first characters of a text on one line, `...` behind them if there are more. At most 1,000
/// bytes.
[[nodiscard]] std::string excerpt(const std::string& text, std::size_t characters);

}  // namespace winnow::pipeline
