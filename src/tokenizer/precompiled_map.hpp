#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::tokenizer {

/// SentencePiece's compiled character map: a double-array trie (Darts) from texts to where their
/// replacements stand in a pool of texts that end in NUL.
/// Source: sentencepiece, src/normalizer.cc and third_party/darts_clone.
class PrecompiledMap {
 public:
  /// The map's bytes: the trie's size in four bytes, the trie, the pool in UTF-8.
  [[nodiscard]] static bool is_well_formed(std::string_view bytes);
  /// `bytes` must be well formed.
  explicit PrecompiledMap(std::string_view bytes);

  /// What replaces `piece`: the replacement of the shortest of its beginnings that has one, as in
  /// Hugging Face's `tokenizers`; nothing if none has.
  [[nodiscard]] std::optional<std::string_view> replacement_of(std::string_view piece) const;

 private:
  std::vector<std::uint32_t> units_;
  std::string pool_;
};

}  // namespace winnow::tokenizer
