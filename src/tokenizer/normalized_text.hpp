#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizer/unicode_text.hpp"

namespace winnow::tokenizer {

/// A stretch of the encoded text as the model sees it, and where each byte of it comes from.
class NormalizedText {
 public:
  /// Bytes `place` of `original`, unchanged. Refers to `original`.
  NormalizedText(std::string_view original, ByteSpan place);

  [[nodiscard]] std::string_view bytes() const { return is_original_ ? view_ : own_; }
  /// The part of the original that bytes [begin, end) stand for, whole characters; begin < end.
  [[nodiscard]] ByteSpan source_of(std::size_t begin, std::size_t end) const;
  [[nodiscard]] ByteSpan source_of_byte(std::size_t at) const { return source_of(at, at + 1); }

 private:
  friend class TextRewriter;
  std::string_view view_;
  std::uint32_t shift_;   // of the stretch in the original
  std::size_t original_;  // the stretch's bytes there
  bool is_original_ = true;
  std::string own_;
  std::vector<ByteSpan> sources_;  // of own_, by byte
};

/// Writes a NormalizedText anew from left to right. What takes the place of a character stands for
/// what that stood for. Throws core::DataError where the text grows beyond 64 times the original's
/// bytes and 1 MiB, or to 4 GiB.
class TextRewriter {
 public:
  explicit TextRewriter(const NormalizedText& from);

  /// Bytes [begin, end) as they are.
  void copy(std::size_t begin, std::size_t end);
  /// `character` for the one at byte `at`.
  void put(char32_t character, std::size_t at);
  void put(std::string_view text, ByteSpan source);
  /// `text` as new: it stands for what byte `at` - 1 stands for, at the beginning for nothing.
  void insert(std::string_view text, std::size_t at);

  [[nodiscard]] std::size_t size() const { return result_.own_.size(); }
  [[nodiscard]] NormalizedText finish() { return std::move(result_); }

 private:
  void make_room(std::size_t bytes) const;

  const NormalizedText& from_;
  NormalizedText result_;
};

/// A character of a text written anew. `taken` counts the characters of the text before that it
/// uses up; 0 marks one that was inserted beside the one before it.
struct NewCharacter {
  char32_t value = 0;
  int taken = 0;
};

[[nodiscard]] NormalizedText rewritten(const NormalizedText& text,
                                       std::span<const NewCharacter> characters);

}  // namespace winnow::tokenizer
