#include "selection/exact_sum.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "core/random.hpp"

namespace winnow::selection {
namespace {

double sum_of(const std::vector<double>& values) {
  ExactSum sum;
  for (const double value : values) sum.add(value);
  return sum.value();
}

// The expected values are Python's math.fsum of the same terms; expression_parity.py compares many
// more.
TEST(ExactSum, RoundsOnceAtTheEnd) {
  const double least = std::numeric_limits<double>::denorm_min();
  const double most = std::numeric_limits<double>::max();
  EXPECT_EQ(sum_of({}), 0.0);
  EXPECT_EQ(sum_of({-0.0}), 0.0);
  EXPECT_EQ(sum_of({1e100, 1.0, -1e100}), 1.0);
  EXPECT_EQ(sum_of({1e100, 1.0, -1e100, -1.0}), 0.0);
  EXPECT_EQ(sum_of(std::vector<double>(10, 0.1)), 1.0);
  EXPECT_EQ(sum_of({-1e16, -1.0}), -1e16);
  EXPECT_EQ(sum_of({-1e16, -1.0, -1e-300}), -10'000'000'000'000'002.0);
  EXPECT_EQ(sum_of({1e16, 3.0}), 10'000'000'000'000'004.0);
  EXPECT_EQ(sum_of({least, least, least}), 3 * least);
  EXPECT_EQ(sum_of({1.0, least, -1.0}), least);
  EXPECT_EQ(sum_of({0x1p-1022, -least}), 0x1p-1022 - least);
  EXPECT_EQ(sum_of({most, most, -most}), most);
  EXPECT_EQ(sum_of({-most, -most}), -HUGE_VAL);
}

TEST(ExactSum, DoesNotDependOnTheSplit) {
  std::vector<double> values;
  for (std::uint64_t i = 0; i < 5'000; ++i) {
    const auto mantissa =
        static_cast<double>(static_cast<std::int64_t>(core::random_word(1, 1, i)));
    values.push_back(
        std::ldexp(mantissa, static_cast<int>(core::random_word(2, 2, i) % 200) - 100));
  }
  const double whole = sum_of(values);
  for (const std::size_t parts : {2U, 3U, 7U}) {
    std::vector<ExactSum> sums(parts);
    for (std::size_t i = values.size(); i-- > 0;) sums[i % parts].add(values[i]);
    std::array<std::uint64_t, ExactSum::kWords> total{};
    for (const ExactSum& sum : sums)
      for (std::size_t i = 0; i < ExactSum::kWords; ++i) total[i] += sum.words()[i];
    EXPECT_EQ(ExactSum::of_words(total).value(), whole);
  }
}

}  // namespace
}  // namespace winnow::selection
