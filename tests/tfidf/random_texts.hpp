#pragma once

#include <string>
#include <vector>

#include "core/random.hpp"

namespace winnow::test {

/// Texts of 0 to 39 words, drawn so that some words are common and some occur once; every seventh
/// is empty.
inline std::vector<std::string> random_texts(std::size_t count, std::uint64_t seed) {
  std::vector<std::string> texts(count);
  for (std::size_t d = 0; d < count; ++d) {
    const auto draw = [&](std::uint64_t i) { return core::random_word(seed, d, i); };
    const std::uint64_t words = d % 7 == 6 ? 0 : draw(0) % 40;
    for (std::uint64_t w = 1; w <= words; ++w) {
      const std::uint64_t range = std::uint64_t{1} << (draw(2 * w) % 12);
      texts[d].append("w").append(std::to_string(draw(2 * w + 1) % range)).append(" ");
    }
  }
  return texts;
}

}  // namespace winnow::test
