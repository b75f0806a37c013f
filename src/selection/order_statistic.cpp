#include "selection/order_statistic.hpp"

#include <array>
#include <vector>

#include "core/error.hpp"
#include "selection/position.hpp"

namespace winnow::selection {
namespace {

constexpr unsigned kDigitBits = 8;
constexpr std::uint64_t kDigits = std::uint64_t{1} << kDigitBits;

}  // namespace

double order_statistic(std::span<const double> values, std::uint64_t index,
                       const SumOverRanks& sum_over_ranks) {
  std::vector<std::uint64_t> keys;
  keys.reserve(values.size());
  for (const double value : values) keys.push_back(order_key(value, Direction::ascending));
  std::uint64_t key = 0;
  for (unsigned shift = 64; shift > 0;) {
    shift -= kDigitBits;
    const auto digit_of = [shift](std::uint64_t each) { return (each >> shift) % kDigits; };
    std::array<std::uint64_t, kDigits> counts{};
    for (const std::uint64_t each : keys) ++counts[digit_of(each)];
    sum_over_ranks(counts);
    std::uint64_t digit = 0;
    while (digit + 1 < kDigits && index >= counts[digit]) index -= counts[digit++];
    core::check(index < counts[digit], "the index is below the number of values");
    std::erase_if(keys, [&](std::uint64_t each) { return digit_of(each) != digit; });
    key |= digit << shift;
  }
  return value_of_key(key, Direction::ascending);
}

}  // namespace winnow::selection
