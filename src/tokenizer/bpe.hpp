#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/definition.hpp"
#include "tokenizer/word_token.hpp"

namespace winnow::tokenizer {

/// Byte pair encoding over bytes (byte-level vocabularies) or characters: neighbours are joined by
/// rising rank of their merge, among equals from left to right. A symbol that has no token becomes
/// byte tokens where the file says so, else the unknown token; without one it is dropped and counts
/// to the token before it.
class Bpe {
 public:
  explicit Bpe(const BpeDefinition& definition);

  /// Buffers that encode() reuses; one per thread.
  struct Workspace {
    struct Symbol {
      TokenId id = 0;
      std::uint32_t previous = 0;
      std::uint32_t next = 0;
      std::uint32_t begin = 0;  // in the word
    };
    struct Candidate {
      std::uint32_t rank = 0;
      std::uint32_t position = 0;
    };
    std::vector<Symbol> symbols;
    std::vector<Candidate> queue;
  };

  /// The tokens of a word in order, appended to `tokens`. O(n log n) in the word's bytes.
  void encode(std::string_view word, Workspace& workspace, std::vector<WordToken>& tokens) const;

 private:
  static constexpr TokenId kNoToken = -1;
  struct Rule {
    std::uint64_t pair = 0;
    std::uint32_t rank = 0;
  };

  void add_token(std::string bytes, TokenId id);
  void add_merges(const std::vector<Merge>& merges);
  void mark_whole_words(bool ignore_merges);
  void find_cuts(const BpeDefinition& definition);
  void encode_piece(std::string_view piece, std::uint32_t begin, Workspace& workspace,
                    std::vector<WordToken>& tokens) const;
  void place_symbols(std::string_view word, std::vector<Workspace::Symbol>& symbols) const;
  [[nodiscard]] TokenId id_of_symbol(std::string_view symbol) const;
  [[nodiscard]] bool falls_back_to_bytes(std::string_view symbol) const;
  [[nodiscard]] std::uint32_t slot_of_bytes(std::string_view bytes) const;
  [[nodiscard]] std::uint32_t rank_of(TokenId left, TokenId right) const;
  void merge(std::string_view word, Workspace& workspace, std::vector<WordToken>& tokens) const;

  struct Token {
    std::string bytes;
    TokenId id = 0;
    bool is_whole_word = false;  // a word of these bytes is this one token
  };
  std::vector<Token> tokens_;
  std::vector<std::uint32_t> token_slots_;  // open addressing by hash: index into tokens_, or kFree
  std::vector<Rule> rule_slots_;            // open addressing by pair; rank kFree: free
  std::vector<TokenId> merged_;             // by rank
  std::vector<TokenId> byte_ids_;           // of one byte, by byte; kNoToken: none
  std::vector<TokenId> fallback_ids_;       // of <0x..>, by byte; empty: no fallback
  /// No merge reaches over the beginning of a U+2581 that stands behind a character with another
  /// last byte: what stands before and behind is tokenized apart.
  bool cuts_at_blocks_ = false;
  std::array<bool, 256> joins_block_{};
  bool is_byte_level_;
  std::optional<TokenId> unknown_;
  bool fuse_unknown_;
};

}  // namespace winnow::tokenizer
