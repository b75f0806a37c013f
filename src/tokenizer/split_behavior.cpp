#include "tokenizer/split_behavior.hpp"

#include <algorithm>

namespace winnow::tokenizer {
namespace {

struct Part {
  ByteSpan place;
  bool is_delimiter = false;
};

/// Delimiters and what is between them, in order, the whole of a text of `size` bytes.
std::vector<Part> parts_of(std::span<const ByteSpan> delimiters, std::size_t size, bool invert) {
  std::vector<Part> parts;
  std::uint32_t end = 0;
  for (const ByteSpan& delimiter : delimiters) {
    if (end != delimiter.begin) parts.push_back({{end, delimiter.begin}, invert});
    parts.push_back({delimiter, !invert});
    end = delimiter.end;
  }
  if (end != size) parts.push_back({{end, static_cast<std::uint32_t>(size)}, invert});
  return parts;
}

/// Whether `part` goes on with the one before it.
bool joins(const Part& part, bool after_delimiter, SplitBehavior behavior) {
  switch (behavior) {
    case SplitBehavior::contiguous:
      return part.is_delimiter == after_delimiter;
    case SplitBehavior::merged_with_previous:
      return part.is_delimiter && !after_delimiter;
    case SplitBehavior::merged_with_next:
      return !part.is_delimiter && after_delimiter;
    case SplitBehavior::isolated:
    case SplitBehavior::removed:
      return false;
  }
  return false;
}

}  // namespace

std::vector<ByteSpan> pieces_of(std::span<const ByteSpan> delimiters, std::size_t size,
                                SplitBehavior behavior, bool invert) {
  std::vector<ByteSpan> pieces;
  bool after_delimiter = false;
  for (const Part& part : parts_of(delimiters, size, invert)) {
    if (part.is_delimiter && behavior == SplitBehavior::removed) continue;
    if (!pieces.empty() && joins(part, after_delimiter, behavior))
      pieces.back().end = part.place.end;
    else
      pieces.push_back(part.place);
    after_delimiter = part.is_delimiter;
  }
  std::erase_if(pieces, [](const ByteSpan& piece) { return piece.begin == piece.end; });
  return pieces;
}

}  // namespace winnow::tokenizer
