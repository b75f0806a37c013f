#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::core {

/// Levenshtein's distance in bytes.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate that needs the fewest edits to become `word`, the first of several; candidates
/// must not be empty.
[[nodiscard]] std::string nearest(std::string_view word,
                                  const std::vector<std::string>& candidates);

}  // namespace winnow::core
