#include "tokenizer/score_number.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace winnow::tokenizer {
namespace {

double power_of_ten(int power) {
  std::array<char, 8> text = {'1', 'e'};
  const char* end = std::to_chars(text.data() + 2, text.data() + text.size(), power).ptr;
  double result = 0;
  std::from_chars(text.data(), end, result);
  return result;
}

}  // namespace

double as_serde_json_reads(double value) {
  constexpr int kLargestPower = 308;
  std::array<char, 32> buffer{};  // d.ddde-dd
  const char* end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value),
                                  std::chars_format::scientific)
                        .ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t mark = text.find('e');
  std::uint64_t digits = 0;
  int decimals = 0;
  for (std::size_t i = 0; i < mark; ++i) {
    if (text[i] == '.') continue;
    digits = digits * 10 + static_cast<std::uint64_t>(text[i] - '0');
    if (i > 0) ++decimals;
  }
  const bool is_small = text[mark + 1] == '-';
  int exponent = 0;
  std::from_chars(text.data() + mark + 2, end, exponent);
  exponent = (is_small ? -exponent : exponent) - decimals;

  auto result = static_cast<double>(digits);
  for (; exponent < -kLargestPower; exponent += kLargestPower) result /= 1e308;
  result = exponent < 0 ? result / power_of_ten(-exponent) : result * power_of_ten(exponent);
  return std::copysign(result, value);
}

}  // namespace winnow::tokenizer
