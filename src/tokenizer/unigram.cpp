#include "tokenizer/unigram.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "tokenizer/byte_tokens.hpp"
#include "tokenizer/unicode_text.hpp"

namespace winnow::tokenizer {
namespace {

/// How much worse than the worst token an unknown character is.
constexpr double kUnknownPenalty = 10.0;

std::vector<ByteTrie::Entry> entries_of(const std::vector<VocabularyEntry>& vocabulary) {
  std::vector<ByteTrie::Entry> entries;
  entries.reserve(vocabulary.size());
  for (const auto& [token, id] : vocabulary) entries.push_back({token, id});
  return entries;
}

}  // namespace

Unigram::Unigram(const UnigramDefinition& definition)
    : trie_(entries_of(definition.vocabulary)),
      scores_(definition.scores),
      unknown_score_(scores_.empty() ? 0 : std::ranges::min(scores_) - kUnknownPenalty),
      unknown_(definition.unknown) {
  if (definition.byte_fallback) fallback_ids_ = byte_token_ids(definition.vocabulary);
}

void Unigram::find_best_path(std::string_view word, Workspace& workspace) const {
  auto& best = workspace.best;
  best.assign(word.size() + 1, {});
  const auto offer = [&](std::size_t begin, std::size_t end, double score, TokenId id) {
    Workspace::Node& node = best[end];
    const double total = score + best[begin].score;
    if (node.id == kUnreached || total > node.score)
      node = {total, static_cast<std::uint32_t>(begin), id};
  };
  for (std::size_t begin = 0; begin < word.size();) {
    std::size_t end = begin;
    next_character(word, end);
    bool has_character = false;
    trie_.for_each_prefix(word.substr(begin), [&](std::size_t size, TokenId id) {
      offer(begin, begin + size, scores_[static_cast<std::size_t>(id)], id);
      has_character = has_character || begin + size == end;
    });
    if (!has_character) offer(begin, end, unknown_score_, unknown_.value_or(kUnknown));
    begin = end;
  }
}

void Unigram::encode(std::string_view word, Workspace& workspace,
                     std::vector<WordToken>& tokens) const {
  find_best_path(word, workspace);
  auto& path = workspace.path;  // from the end
  path.clear();
  for (auto end = static_cast<std::uint32_t>(word.size()); end > 0;) {
    const Workspace::Node& node = workspace.best[end];
    const bool is_unknown = node.id == unknown_.value_or(kUnknown);
    if (is_unknown && !path.empty() && path.back().id == node.id)
      path.back().begin = node.begin;
    else
      path.push_back({node.id, node.begin, end});
    end = node.begin;
  }
  for (auto piece = path.rbegin(); piece != path.rend(); ++piece) {
    if (piece->id == unknown_.value_or(kUnknown))
      push_unknown(word, *piece, tokens);
    else
      tokens.push_back(*piece);
  }
}

void Unigram::push_unknown(std::string_view word, const WordToken& piece,
                           std::vector<WordToken>& tokens) const {
  const std::string_view text = word.substr(piece.begin, piece.end - piece.begin);
  // Characters that the best path leaves unknown may together be a token.
  TokenId whole = kUnknown;
  trie_.for_each_prefix(text, [&](std::size_t size, TokenId id) {
    if (size == text.size()) whole = id;
  });
  const auto id_of_byte = [this](char byte) {
    return fallback_ids_[static_cast<unsigned char>(byte)];
  };
  if (whole != kUnknown) {
    tokens.push_back({whole, piece.begin, piece.end});
  } else if (!fallback_ids_.empty() &&
             std::ranges::all_of(text, [&](char byte) { return id_of_byte(byte) >= 0; })) {
    for (const char byte : text) tokens.push_back({id_of_byte(byte), piece.begin, piece.end});
  } else if (unknown_) {
    tokens.push_back({*unknown_, piece.begin, piece.end});
  } else {
    throw core::DataError(
        "a text has a character that the tokenizer's vocabulary lacks, and that has no unknown "
        "token (unk_id)");
  }
}

}  // namespace winnow::tokenizer
