#include "selection/exact_sum.hpp"

#include <bit>
#include <cmath>

namespace winnow::selection {
namespace {

constexpr std::uint64_t kWordMask = 0xFFFF'FFFF;
constexpr std::uint32_t kAddsBetweenCarries = std::uint32_t{1} << 29;

}  // namespace

void ExactSum::add(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const std::uint64_t exponent = (bits >> 52) & 0x7FF;
  const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
  const std::uint64_t mantissa = exponent == 0 ? fraction : fraction | (std::uint64_t{1} << 52);
  const std::uint64_t position = exponent == 0 ? 0 : exponent - 1;
  const std::size_t first = position / 32;
  const std::uint64_t shift = position % 32;
  const std::uint64_t low = (mantissa & kWordMask) << shift;
  const std::uint64_t high = (mantissa >> 32) << shift;
  const std::int64_t sign = std::signbit(value) ? -1 : 1;
  word_[first] += sign * static_cast<std::int64_t>(low & kWordMask);
  word_[first + 1] += sign * static_cast<std::int64_t>((low >> 32) + (high & kWordMask));
  word_[first + 2] += sign * static_cast<std::int64_t>(high >> 32);
  if (++added_ == kAddsBetweenCarries) carry();
}

void ExactSum::carry() {
  for (std::size_t i = 0; i + 1 < kWords; ++i) {
    const std::int64_t over = word_[i] >> 32;
    word_[i] -= over * (std::int64_t{1} << 32);
    word_[i + 1] += over;
  }
  added_ = 0;
}

std::array<std::uint64_t, ExactSum::kWords> ExactSum::words() const {
  ExactSum carried = *this;
  carried.carry();
  std::array<std::uint64_t, kWords> words{};
  for (std::size_t i = 0; i < kWords; ++i) words[i] = static_cast<std::uint64_t>(carried.word_[i]);
  return words;
}

ExactSum ExactSum::of_words(std::span<const std::uint64_t, kWords> words) {
  ExactSum sum;
  for (std::size_t i = 0; i < kWords; ++i) sum.word_[i] = static_cast<std::int64_t>(words[i]);
  sum.carry();
  return sum;
}

double ExactSum::value() const {
  ExactSum magnitude = *this;
  magnitude.carry();
  const bool is_negative = magnitude.word_.back() < 0;
  if (is_negative) {
    for (std::int64_t& word : magnitude.word_) word = -word;
    magnitude.carry();
  }
  const auto word = [&](int i) {
    return i < 0 ? 0 : static_cast<std::uint64_t>(magnitude.word_[static_cast<std::size_t>(i)]);
  };
  int top = static_cast<int>(kWords) - 1;
  while (top >= 0 && word(top) == 0) --top;
  if (top < 0) return 0.0;
  // The leading 64 bits; whatever lies below them only decides between a tie and more than a tie.
  const auto lead = static_cast<int>(std::bit_width(word(top)));
  std::uint64_t leading =
      word(top) << (64 - lead) | word(top - 1) << (32 - lead) | word(top - 2) >> lead;
  bool has_more = (word(top - 2) & ((std::uint64_t{1} << lead) - 1)) != 0;
  for (int i = top - 3; i >= 0 && !has_more; --i) has_more = word(i) != 0;
  if (has_more) leading |= 1;
  const double rounded = std::ldexp(static_cast<double>(leading), 32 * top + lead - 64 - 1074);
  return is_negative ? -rounded : rounded;
}

}  // namespace winnow::selection
