#pragma once

#include <string_view>

namespace winnow::app {

/// Writes to standard output. @throws core::EnvironmentError if it does not take all of it.
void print(std::string_view text);

/// Writes to standard error.
void warn(std::string_view text);

}  // namespace winnow::app
