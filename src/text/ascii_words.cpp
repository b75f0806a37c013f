#include "text/ascii_words.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "core/vector_clones.hpp"

namespace winnow::text {
namespace {

constexpr std::size_t kBlock = 64;

using Characters = std::array<unsigned char, kBlock>;

/// Bit i is byte i, each 0 or 1.
std::uint64_t to_bits(const Characters& bytes) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < kBlock; i += 8) {
    std::uint64_t eight = 0;
    for (std::size_t k = 0; k < 8; ++k) eight |= std::uint64_t{bytes[i + k]} << (8 * k);
    // The product's highest byte has byte k's lowest bit at k.
    bits |= (eight * 0x0102040810204080ULL >> 56) << i;
  }
  return bits;
}

/// Writes the characters in lower case and which of them words are made of. @returns all their bits
/// together
WINNOW_VECTOR_CLONES unsigned char read_block(const char* text, char* lower,
                                              std::uint64_t& is_word) {
  Characters marks;
  unsigned char all = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool is_capital = static_cast<unsigned char>(c - 'A') < 26;
    const auto low = static_cast<unsigned char>(c + (is_capital ? 'a' - 'A' : 0));
    const bool is_letter = static_cast<unsigned char>(low - 'a') < 26;
    const bool is_digit = static_cast<unsigned char>(c - '0') < 10;
    lower[i] = static_cast<char>(low);
    marks[i] = is_letter || is_digit || c == '_' ? 1 : 0;
    all |= c;
  }
  is_word = to_bits(marks);
  return all;
}

}  // namespace

bool AsciiWords::start(std::string_view text) {
  const std::size_t blocks = text.size() / kBlock + 1;
  if (lower_.size() < blocks * kBlock) lower_.resize(blocks * kBlock);
  is_word_.resize(blocks);
  unsigned char all = 0;
  for (std::size_t b = 0; b + 1 < blocks; ++b)
    all |= read_block(text.data() + b * kBlock, lower_.data() + b * kBlock, is_word_[b]);
  const std::string_view end = text.substr((blocks - 1) * kBlock);
  std::array<char, kBlock> last{};
  std::copy(end.begin(), end.end(), last.begin());
  all |= read_block(last.data(), lower_.data() + (blocks - 1) * kBlock, is_word_.back());
  const bool is_ascii = all < 0x80;
  if (!is_ascii) is_word_.assign(1, 0);
  block_ = 0;
  left_ = is_word_.front();
  return is_ascii;
}

bool AsciiWords::next() {
  do {
    while (left_ == 0) {
      if (block_ + 1 == is_word_.size()) return false;
      left_ = is_word_[++block_];
    }
    const std::uint64_t first = left_ & -left_;
    begin_ = block_ * kBlock + static_cast<std::size_t>(std::countr_zero(first));
    std::uint64_t behind = ~(left_ | (first - 1));
    while (behind == 0) behind = ~is_word_[++block_];
    const int end = std::countr_zero(behind);
    left_ = is_word_[block_] >> end << end;
    length_ = block_ * kBlock + static_cast<std::size_t>(end) - begin_;
  } while (length_ < 2);
  return true;
}

}  // namespace winnow::text
