#include "selection/aggregate.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.hpp"
#include "selection/exact_sum.hpp"
#include "selection/order_statistic.hpp"

namespace winnow::selection {
namespace {

struct Rows {
  std::span<const double> values;
  std::uint64_t count;  ///< over all ranks, at least 1
  const SumOverRanks& sum_over_ranks;
};

/// The mean of `term` of each value; not finite where a term or the sum is not.
template <class Term>
double mean_of(const Rows& rows, Term term) {
  ExactSum sum;
  std::uint64_t infinite = 0;
  for (const double value : rows.values) {
    const double each = term(value);
    if (std::isfinite(each))
      sum.add(each);
    else
      ++infinite;
  }
  std::array<std::uint64_t, ExactSum::kWords + 1> words{};
  std::ranges::copy(sum.words(), words.begin());
  words.back() = infinite;
  rows.sum_over_ranks(words);
  if (words.back() > 0) return HUGE_VAL;
  const std::span<const std::uint64_t, ExactSum::kWords> sums(words.data(), ExactSum::kWords);
  return ExactSum::of_words(sums).value() / static_cast<double>(rows.count);
}

double std_dev(const Rows& rows) {
  const double mean = mean_of(rows, [](double value) { return value; });
  return std::sqrt(mean_of(rows, [mean](double value) { return (value - mean) * (value - mean); }));
}

double at(const Rows& rows, std::uint64_t index) {
  return order_statistic(rows.values, index, rows.sum_over_ranks);
}

double median(const Rows& rows) {
  const double upper = at(rows, rows.count / 2);
  return rows.count % 2 == 1 ? upper : (at(rows, rows.count / 2 - 1) + upper) / 2;
}

double quantile(const Rows& rows, double share) {
  const double place = static_cast<double>(rows.count - 1) * share;
  const double whole = std::floor(place);
  const auto index = static_cast<std::uint64_t>(whole);
  const double below = at(rows, index);
  if (index + 1 == rows.count) return below;
  const double above = at(rows, index + 1);
  const double part = place - whole;
  return part < 0.5 ? below + (above - below) * part : above - (above - below) * (1 - part);
}

double finish(AggregateFunction function, double share, const Rows& rows) {
  switch (function) {
    case AggregateFunction::mean:
      return mean_of(rows, [](double value) { return value; });
    case AggregateFunction::std_dev:
      return std_dev(rows);
    case AggregateFunction::median:
      return median(rows);
    case AggregateFunction::quantile:
      return quantile(rows, share);
    case AggregateFunction::lowest:
      return at(rows, 0);
    case AggregateFunction::highest:
      return at(rows, rows.count - 1);
  }
  throw core::InternalError("broken invariant: an aggregate is one of its functions");
}

}  // namespace

std::optional<double> aggregate(AggregateFunction function, double share,
                                std::span<const double> values,
                                const SumOverRanks& sum_over_ranks) {
  std::uint64_t count = values.size();
  sum_over_ranks(std::span(&count, 1));
  if (count == 0) return std::nullopt;
  const double value = finish(function, share, {values, count, sum_over_ranks});
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

}  // namespace winnow::selection
