#include "text/shingles.hpp"

#include <algorithm>
#include <span>

#include "core/hash.hpp"

namespace winnow::text {

std::vector<std::uint64_t> ShingleScanner::distinct(std::string_view text) {
  std::vector<std::uint64_t> words;
  scanner_.start(text);
  while (scanner_.next()) words.push_back(core::hash64(scanner_.word()));
  if (words.empty() && !text.empty()) return {core::hash64(text)};
  std::vector<std::uint64_t> shingles;
  const std::size_t length = std::min(words_, words.size());
  for (std::size_t begin = 0; length > 0 && begin + length <= words.size(); ++begin) {
    const auto bytes = std::as_bytes(std::span(words).subspan(begin, length));
    shingles.push_back(core::hash64({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  }
  std::ranges::sort(shingles);
  const auto repeats = std::ranges::unique(shingles);
  shingles.erase(repeats.begin(), repeats.end());
  return shingles;
}

}  // namespace winnow::text
