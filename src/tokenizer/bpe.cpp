#include "tokenizer/bpe.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <unordered_map>
#include <utility>

#include "core/hash.hpp"
#include "core/random.hpp"
#include "tokenizer/byte_alphabet.hpp"
#include "tokenizer/byte_tokens.hpp"
#include "tokenizer/unicode_text.hpp"

namespace winnow::tokenizer {
namespace {

/// U+2581, which stands for a space in SentencePiece's vocabularies.
constexpr std::string_view kBlock = "\xE2\x96\x81";
constexpr std::uint32_t kFree = std::numeric_limits<std::uint32_t>::max();

std::uint64_t pair_of(TokenId left, TokenId right) {
  return (static_cast<std::uint64_t>(left) << 32) | static_cast<std::uint32_t>(right);
}

/// At most half full, so that probing ends soon.
std::size_t table_size(std::size_t entries) { return std::bit_ceil(2 * entries + 2); }

// std heaps keep the largest on top: "less" is "merged later".
bool is_later(const Bpe::Workspace::Candidate& a, const Bpe::Workspace::Candidate& b) {
  return a.rank != b.rank ? a.rank > b.rank : a.position > b.position;
}

}  // namespace

Bpe::Bpe(const BpeDefinition& definition)
    : byte_ids_(256, kNoToken),
      is_byte_level_(definition.is_byte_level),
      unknown_(definition.unknown),
      fuse_unknown_(definition.fuse_unknown) {
  token_slots_.assign(table_size(definition.vocabulary.size()), kFree);
  for (const VocabularyEntry& entry : definition.vocabulary) {
    if (!is_byte_level_)
      add_token(entry.token, entry.id);
    else if (std::optional<std::string> bytes = bytes_of_token(entry.token))
      add_token(*std::move(bytes), entry.id);
  }
  if (definition.byte_fallback) fallback_ids_ = byte_token_ids(definition.vocabulary);
  for (const Token& token : tokens_)
    if (token.bytes.size() == 1) byte_ids_[static_cast<unsigned char>(token.bytes[0])] = token.id;
  add_merges(definition.merges);
  mark_whole_words(definition.ignore_merges);
  find_cuts(definition);
}

void Bpe::add_token(std::string bytes, TokenId id) {
  token_slots_[slot_of_bytes(bytes)] = static_cast<std::uint32_t>(tokens_.size());
  tokens_.push_back({std::move(bytes), id, false});
}

void Bpe::add_merges(const std::vector<Merge>& merges) {
  rule_slots_.assign(table_size(merges.size()), Rule{0, kFree});
  merged_.reserve(merges.size());
  for (const Merge& merge : merges) {
    const std::uint64_t pair = pair_of(merge.left, merge.right);
    std::size_t slot = core::mix64(pair) & (rule_slots_.size() - 1);
    while (rule_slots_[slot].rank != kFree && rule_slots_[slot].pair != pair)
      slot = (slot + 1) & (rule_slots_.size() - 1);
    // A pair that comes twice has its later rank, as in Hugging Face's map.
    rule_slots_[slot] = {pair, static_cast<std::uint32_t>(merged_.size())};
    merged_.push_back(merge.result);
  }
}

void Bpe::mark_whole_words(bool ignore_merges) {
  Workspace workspace;
  std::vector<WordToken> result;
  for (Token& token : tokens_) {
    result.clear();
    if (!ignore_merges) merge(token.bytes, workspace, result);
    token.is_whole_word = ignore_merges || (result.size() == 1 && result[0].id == token.id);
  }
}

std::uint32_t Bpe::slot_of_bytes(std::string_view bytes) const {
  std::size_t slot = core::hash64(bytes) & (token_slots_.size() - 1);
  while (token_slots_[slot] != kFree && tokens_[token_slots_[slot]].bytes != bytes)
    slot = (slot + 1) & (token_slots_.size() - 1);
  return static_cast<std::uint32_t>(slot);
}

std::uint32_t Bpe::rank_of(TokenId left, TokenId right) const {
  const std::uint64_t pair = pair_of(left, right);
  std::size_t slot = core::mix64(pair) & (rule_slots_.size() - 1);
  while (rule_slots_[slot].rank != kFree && rule_slots_[slot].pair != pair)
    slot = (slot + 1) & (rule_slots_.size() - 1);
  return rule_slots_[slot].rank;
}

void Bpe::find_cuts(const BpeDefinition& definition) {
  // With other options a piece would not be treated as in the whole.
  if (is_byte_level_ || definition.ignore_merges || !unknown_ || id_of_symbol(kBlock) == kNoToken)
    return;
  std::unordered_map<TokenId, std::string_view> texts;
  for (const VocabularyEntry& entry : definition.vocabulary) texts.emplace(entry.id, entry.token);
  for (const Merge& merge : definition.merges) {
    const std::string_view left = texts.at(merge.left);
    if (!texts.at(merge.right).starts_with(kBlock)) continue;
    // These stand for any character.
    if (left.empty() || merge.left == *unknown_ || byte_of_token(left)) return;
    joins_block_[static_cast<unsigned char>(left.back())] = true;
  }
  cuts_at_blocks_ = true;
}

void Bpe::encode(std::string_view word, Workspace& workspace,
                 std::vector<WordToken>& tokens) const {
  std::size_t begin = 0;
  if (cuts_at_blocks_)
    for (std::size_t at = word.find(kBlock, 1); at < word.size(); at = word.find(kBlock, at + 1)) {
      if (joins_block_[static_cast<unsigned char>(word[at - 1])]) continue;
      encode_piece(word.substr(begin, at - begin), static_cast<std::uint32_t>(begin), workspace,
                   tokens);
      begin = at;
    }
  encode_piece(word.substr(begin), static_cast<std::uint32_t>(begin), workspace, tokens);
}

void Bpe::encode_piece(std::string_view piece, std::uint32_t begin, Workspace& workspace,
                       std::vector<WordToken>& tokens) const {
  const std::uint32_t known = token_slots_[slot_of_bytes(piece)];
  if (known != kFree && tokens_[known].is_whole_word) {
    tokens.push_back({tokens_[known].id, begin, begin + static_cast<std::uint32_t>(piece.size())});
    return;
  }
  const std::size_t first = tokens.size();
  merge(piece, workspace, tokens);
  for (std::size_t i = first; i < tokens.size(); ++i) {
    tokens[i].begin += begin;
    tokens[i].end += begin;
  }
}

TokenId Bpe::id_of_symbol(std::string_view symbol) const {
  if (symbol.size() == 1) return byte_ids_[static_cast<unsigned char>(symbol[0])];
  const std::uint32_t token = token_slots_[slot_of_bytes(symbol)];
  return token == kFree ? kNoToken : tokens_[token].id;
}

bool Bpe::falls_back_to_bytes(std::string_view symbol) const {
  return !fallback_ids_.empty() && std::ranges::all_of(symbol, [this](char byte) {
    return fallback_ids_[static_cast<unsigned char>(byte)] != kNoToken;
  });
}

void Bpe::place_symbols(std::string_view word, std::vector<Workspace::Symbol>& symbols) const {
  symbols.clear();
  std::uint32_t begin = 0;
  const auto push = [&](TokenId id, std::size_t size) {
    const auto index = static_cast<std::uint32_t>(symbols.size());
    symbols.push_back({id, index - 1, index + 1, begin});
    begin += static_cast<std::uint32_t>(size);
  };
  std::size_t unknown_bytes = 0;  // of an unknown token that waits for others to fuse with
  const auto flush = [&] {
    if (unknown_bytes > 0) push(*unknown_, unknown_bytes);
    unknown_bytes = 0;
  };
  for (std::size_t at = 0; at < word.size();) {
    const std::size_t first = at;
    if (is_byte_level_)
      ++at;
    else
      next_character(word, at);
    const std::string_view symbol = word.substr(first, at - first);
    if (const TokenId id = id_of_symbol(symbol); id != kNoToken) {
      flush();
      push(id, symbol.size());
    } else if (falls_back_to_bytes(symbol)) {
      // A waiting unknown token goes on waiting: as theirs.
      for (const char byte : symbol) push(fallback_ids_[static_cast<unsigned char>(byte)], 1);
    } else if (unknown_) {
      if (!fuse_unknown_) flush();
      unknown_bytes += symbol.size();
    } else {
      begin += static_cast<std::uint32_t>(symbol.size());
    }
  }
  flush();
}

void Bpe::merge(std::string_view word, Workspace& workspace, std::vector<WordToken>& tokens) const {
  auto& [symbols, queue] = workspace;
  place_symbols(word, symbols);
  const auto size = static_cast<std::uint32_t>(symbols.size());
  queue.clear();
  for (std::uint32_t i = 0; i + 1 < size; ++i) {
    const std::uint32_t rank = rank_of(symbols[i].id, symbols[i + 1].id);
    if (rank != kFree) queue.push_back({rank, i});
  }
  std::make_heap(queue.begin(), queue.end(), is_later);
  const auto offer = [&](std::uint32_t left, std::uint32_t right) {
    const std::uint32_t rank = rank_of(symbols[left].id, symbols[right].id);
    if (rank == kFree) return;
    queue.push_back({rank, left});
    std::push_heap(queue.begin(), queue.end(), is_later);
  };

  while (!queue.empty()) {
    std::pop_heap(queue.begin(), queue.end(), is_later);
    const auto [rank, left] = queue.back();
    queue.pop_back();
    const std::uint32_t right = symbols[left].next;
    // Symbols change while their candidates wait: one that no longer makes the same token has
    // expired.
    if (symbols[left].id == kNoToken || right == size) continue;
    const std::uint32_t current = rank_of(symbols[left].id, symbols[right].id);
    if (current == kFree || merged_[current] != merged_[rank]) continue;
    const std::uint32_t next = symbols[right].next;
    symbols[left].id = merged_[rank];
    symbols[left].next = next;
    symbols[right].id = kNoToken;
    if (next != size) symbols[next].previous = left;
    if (left != 0) offer(symbols[left].previous, left);
    if (next != size) offer(left, next);
  }
  for (std::uint32_t i = 0; i < size; i = symbols[i].next) {
    const std::uint32_t next = symbols[i].next;
    tokens.push_back(
        {symbols[i].id, symbols[i].begin,
         next == size ? static_cast<std::uint32_t>(word.size()) : symbols[next].begin});
  }
}

}  // namespace winnow::tokenizer
