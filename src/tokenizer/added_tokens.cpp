#include "tokenizer/added_tokens.hpp"

#include <algorithm>

namespace winnow::tokenizer {
namespace {

bool is_single_word(std::string_view text, ByteSpan place) {
  std::size_t before = place.begin;
  std::size_t after = place.end;
  return (before == 0 || !is_word_character(previous_character(text, before))) &&
         (after == text.size() || !is_word_character(next_character(text, after)));
}

/// Not before `limit`.
std::uint32_t space_begin(std::string_view text, std::uint32_t end, std::uint32_t limit) {
  std::size_t begin = end;
  while (begin > limit) {
    std::size_t at = begin;
    if (!is_white_space(previous_character(text, at))) break;
    begin = at;
  }
  return static_cast<std::uint32_t>(begin);
}

std::uint32_t space_end(std::string_view text, std::uint32_t begin) {
  std::size_t end = begin;
  while (end < text.size()) {
    std::size_t at = end;
    if (!is_white_space(next_character(text, at))) break;
    end = at;
  }
  return static_cast<std::uint32_t>(end);
}

}  // namespace

AddedTokenFinder::AddedTokenFinder(std::span<const AddedToken> tokens)
    : tokens_(tokens.begin(), tokens.end()), nodes_(1) {
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    std::size_t node = 0;
    for (const char character : tokens_[i].content) {
      std::optional<std::size_t> child = child_of(node, character);
      if (!child) {
        child = nodes_.size();
        nodes_[node].children.push_back({character, *child});
        nodes_.emplace_back();
      }
      node = *child;
    }
    if (!nodes_[node].token) nodes_[node].token = i;
  }
  for (const Child& child : nodes_[0].children)
    is_first_byte_[static_cast<unsigned char>(child.byte)] = true;
}

std::optional<std::size_t> AddedTokenFinder::child_of(std::size_t node, char byte) const {
  for (const Child& child : nodes_[node].children)
    if (child.byte == byte) return child.node;
  return std::nullopt;
}

std::optional<AddedTokenFinder::Match> AddedTokenFinder::next_match(std::string_view text,
                                                                    std::size_t from) const {
  for (std::size_t begin = from; begin < text.size(); ++begin) {
    if (!is_first_byte_[static_cast<unsigned char>(text[begin])]) continue;
    std::optional<Match> longest;
    std::size_t node = 0;
    for (std::size_t at = begin; at < text.size(); ++at) {
      const std::optional<std::size_t> child = child_of(node, text[at]);
      if (!child) break;
      node = *child;
      if (nodes_[node].token)
        longest = Match{&tokens_[*nodes_[node].token],
                        {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at + 1)}};
    }
    if (longest) return longest;
  }
  return std::nullopt;
}

std::vector<Segment> AddedTokenFinder::split(std::string_view text) const {
  std::vector<Segment> segments;
  const auto size = static_cast<std::uint32_t>(text.size());
  if (tokens_.empty()) {
    if (size > 0) segments.push_back({{0, size}, std::nullopt});
    return segments;
  }
  std::uint32_t end = 0;
  for (auto match = next_match(text, 0); match; match = next_match(text, match->place.end)) {
    const AddedToken& token = *match->token;
    ByteSpan place = match->place;
    if (token.single_word && !is_single_word(text, place)) continue;
    if (token.lstrip) place.begin = std::max(space_begin(text, place.begin, end), end);
    if (token.rstrip) place.end = space_end(text, place.end);
    if (end < place.begin) segments.push_back({{end, place.begin}, std::nullopt});
    segments.push_back({place, token.id});
    end = place.end;
  }
  if (end != size) segments.push_back({{end, size}, std::nullopt});
  return segments;
}

}  // namespace winnow::tokenizer
