#include "text/words.hpp"

#include <array>
#include <cstdint>

#include "text/character_class.hpp"
#include "text/utf8.hpp"

namespace winnow::text {
namespace {

constexpr char32_t kCapitalSigma = 0x3A3;
constexpr char32_t kFinalSigma = 0x3C2;
constexpr char32_t kCapitalIWithDot = 0x130;

// The lower-case form of an ASCII word character, 0 for any other byte.
constexpr std::array<char, 256> kAsciiWord = [] {
  std::array<char, 256> table{};
  for (unsigned c = '0'; c <= '9'; ++c) table[c] = static_cast<char>(c);
  for (unsigned c = 'a'; c <= 'z'; ++c) {
    table[c] = static_cast<char>(c);
    table[c - 'a' + 'A'] = static_cast<char>(c);
  }
  table['_'] = '_';
  return table;
}();

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

char lower_ascii(char c) { return kAsciiWord[static_cast<unsigned char>(c)]; }

// The sigma at [offset, offset + length) ends a word: a cased letter before it and none after,
// case-ignorable characters aside.
bool is_final_sigma(std::string_view text, std::size_t offset, std::size_t length) {
  bool follows_letter = false;
  for (std::size_t i = offset; i > 0;) {
    const CodePoint before = decode_before(text, i);
    i -= before.length;
    if (is_case_ignorable(before.value)) continue;
    follows_letter = is_cased(before.value);
    break;
  }
  if (!follows_letter) return false;
  for (std::size_t i = offset + length; i < text.size();) {
    const CodePoint after = decode_at(text, i);
    i += after.length;
    if (!is_case_ignorable(after.value)) return !is_cased(after.value);
  }
  return true;
}

}  // namespace

void WordScanner::start(std::string_view text) {
  is_ascii_ = ascii_.start(text);
  text_ = text;
  position_ = 0;
  length_ = 0;
  word_.clear();
}

bool WordScanner::next() {
  if (is_ascii_) return ascii_.next();
  do {
    word_.clear();
    length_ = 0;
    scan_run();
    if (length_ == 0 && position_ == text_.size()) return false;
  } while (length_ < 2);
  return true;
}

// Skips what is no word character, then reads the maximal run of word characters.
void WordScanner::scan_run() {
  while (position_ < text_.size()) {
    if (!is_ascii(text_[position_])) {
      if (!scan_multibyte()) return;
    } else if (const std::size_t run = ascii_run(); run > 0) {
      append_lower(run);
    } else {
      ++position_;
      if (length_ > 0) return;
    }
  }
}

// How many ASCII word characters follow.
std::size_t WordScanner::ascii_run() const {
  std::size_t end = position_;
  while (end < text_.size() && lower_ascii(text_[end]) != 0) ++end;
  return end - position_;
}

void WordScanner::append_lower(std::size_t run) {
  const std::size_t before = word_.size();
  word_.resize(before + run);
  for (std::size_t i = 0; i < run; ++i) word_[before + i] = lower_ascii(text_[position_ + i]);
  position_ += run;
  length_ += run;
}

// False where the character ends a run.
bool WordScanner::scan_multibyte() {
  const CodePoint found = decode_at(text_, position_);
  const std::size_t offset = position_;
  position_ += found.length;
  if (found.value ==
      kCapitalIWithDot) {  // lower-cased to "i" and a combining dot, which is no word character
    word_.push_back('i');
    ++length_;
    return false;
  }
  char32_t lower = to_lower(found.value);
  if (found.value == kCapitalSigma && is_final_sigma(text_, offset, found.length))
    lower = kFinalSigma;
  if (is_word_character(lower)) {
    append_utf8(word_, lower);
    ++length_;
    return true;
  }
  return length_ == 0;
}

}  // namespace winnow::text
