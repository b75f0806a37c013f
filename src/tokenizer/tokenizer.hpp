#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::tokenizer {

using TokenId = std::int32_t;

struct Encoding {
  std::vector<TokenId> ids;
  /// Bytes [begin, end) of the encoded text that token i stands for, whole characters: tokens that
  /// share a character all have its span. Tokens that the tokenizer added itself have begin == end.
  /// Spaces at a token's ends count unless the file says `trim_offsets`.
  std::vector<std::uint32_t> begin;
  std::vector<std::uint32_t> end;
};

/// A Hugging Face tokenizer.json. Truncation and padding stored in the file are ignored. Immutable
/// after loading; encode and decode may be called from several threads at once.
class Tokenizer {
 public:
  /// Reads tokenizer.json (and tokenizer_config.json, special_tokens_map.json if there) of a model
  /// folder.
  /// @throws core::ModelError naming the file and the part that is missing, malformed or not
  /// supported.
  [[nodiscard]] static Tokenizer load(const std::filesystem::path& folder);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  /// Special tokens written out in the text are recognised. Ids and spans equal those of Hugging
  /// Face's `tokenizers` 0.23; only behind a byte that the vocabulary has no token for (it is
  /// dropped) their spans slip and ours do not. O(n log n) time (WordPiece
  /// and Unigram: n times the longest token) and up to about 70 bytes of memory
  /// per byte of text.
  /// @throws core::DataError for invalid UTF-8, 4 GiB and more, or a text that the file's own
  /// patterns cannot split in bounded time.
  [[nodiscard]] Encoding encode(std::string_view text, bool add_special_tokens) const;
  /// Valid UTF-8: pieces of characters become U+FFFD. Ids that no token has are passed over.
  [[nodiscard]] std::string decode(std::span<const TokenId> ids, bool skip_special_tokens) const;

  /// One past the largest id, added tokens included.
  [[nodiscard]] std::size_t vocabulary_size() const;
  [[nodiscard]] std::optional<TokenId> id_of(std::string_view token) const;
  /// The texts that tokenizer_config.json names; empty if it names none.
  [[nodiscard]] const std::string& bos_text() const;
  [[nodiscard]] const std::string& eos_text() const;
  /// The folder's chat template (tokenizer_config.json or chat_template.jinja); empty if it has
  /// none.
  [[nodiscard]] const std::string& chat_template() const;
  /// XXH3-128 of tokenizer.json's bytes, hexadecimal.
  [[nodiscard]] const std::string& fingerprint() const;

 private:
  struct Implementation;
  explicit Tokenizer(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace winnow::tokenizer
