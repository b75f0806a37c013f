#include "selection/distinct_rows.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>
#include <string_view>
#include <tuple>

#include <fmt/format.h>

#include "core/checked_cast.hpp"
#include "core/error.hpp"
#include "core/random.hpp"

namespace winnow::selection {
namespace {

template <class T>
core::Hash128 hash_of(std::span<const T> values) {
  return core::hash128({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
}

/// A row and what rows of one content have in common.
struct Likeness {
  core::Hash128 print;
  std::uint32_t row = 0;
};

/// leader[row] = the first of the rows that have its content.
void lead(const tfidf::WeightedRows& weighted, std::span<const std::uint32_t> rows,
          std::vector<std::uint32_t>& leader) {
  std::vector<Likeness> likeness;
  likeness.reserve(rows.size());
  for (const std::uint32_t row : rows)
    likeness.push_back({fingerprint(content_of(weighted, weighted.term, row)), row});
  std::sort(likeness.begin(), likeness.end(), [](const Likeness& a, const Likeness& b) {
    return std::tie(a.print.high, a.print.low, a.row) < std::tie(b.print.high, b.print.low, b.row);
  });
  for (std::size_t i = 1; i < likeness.size(); ++i)
    if (likeness[i].print == likeness[i - 1].print)
      leader[likeness[i].row] = leader[likeness[i - 1].row];
}

/// For each row the first row of the same content. Only rows of equal diversity are compared.
std::vector<std::uint32_t> local_leaders(const tfidf::WeightedRows& rows,
                                         std::span<const double> diversity) {
  const auto count = core::checked_cast<std::uint32_t>(diversity.size());
  std::vector<std::uint32_t> leader(count);
  std::iota(leader.begin(), leader.end(), 0U);

  // Equal diversities share a bucket, others hardly ever: cheaper than to sort them all.
  const auto bits = static_cast<unsigned>(std::bit_width(count | 1U));
  const auto bucket_of = [&](std::uint32_t row) {
    return core::mix64(std::bit_cast<std::uint64_t>(diversity[row])) >> (64 - bits);
  };
  std::vector<std::uint32_t> begin((std::size_t{1} << bits) + 1, 0);
  for (std::uint32_t row = 0; row < count; ++row) ++begin[bucket_of(row)];
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  std::vector<std::uint32_t> order(count);
  for (std::uint32_t row = count; row-- > 0;) order[--begin[bucket_of(row)]] = row;

  for (std::size_t bucket = 0; bucket + 1 < begin.size(); ++bucket) {
    std::span<std::uint32_t> left(order.data() + begin[bucket], begin[bucket + 1] - begin[bucket]);
    while (left.size() > 1) {
      const double value = diversity[left.front()];
      const auto others = std::partition(
          left.begin(), left.end(), [&](std::uint32_t row) { return diversity[row] == value; });
      const auto equal = static_cast<std::size_t>(others - left.begin());
      if (equal > 1) lead(rows, left.first(equal), leader);
      left = left.subspan(equal);
    }
  }
  return leader;
}

}  // namespace

void check_greedy_input(const GreedyRows& rows, const GreedyRule& rule) {
  if (!(rule.decay >= 0.0 && rule.decay <= 1.0))
    throw core::UsageError(fmt::format("select.decay: {} is not between 0 and 1", rule.decay));
  core::check(rows.row.size() == rows.weighted.rows() && rows.score.size() == rows.row.size(),
              "one row id and score per row");
  core::check(rows.cost.empty() || rows.cost.size() == rows.row.size(), "one cost per row");
  core::check(std::is_sorted(rows.row.begin(), rows.row.end()), "rows ascend");
  for (const double score : rows.score)
    core::check(std::isfinite(score) && score >= 0.0, "scores are finite and not negative");
}

Candidate content_of(const tfidf::WeightedRows& rows, std::span<const std::uint32_t> term,
                     std::size_t i) {
  const std::uint64_t begin = rows.row_begin[i];
  const std::uint64_t count = rows.row_begin[i + 1] - begin;
  return {term.subspan(begin, count),
          std::span(rows.weight).subspan(begin, count),
          rows.singleton_weight[i],
          {}};
}

Member member_of(const GreedyRows& rows, std::size_t i) {
  return {rows.row[i], rows.score[i], rows.cost.empty() ? 1U : rows.cost[i]};
}

core::Hash128 fingerprint(const Candidate& content) {
  const core::Hash128 term = hash_of(content.term);
  const core::Hash128 weight = hash_of(content.weight);
  const std::array<std::uint64_t, 5> all{term.high, term.low, weight.high, weight.low,
                                         std::bit_cast<std::uint64_t>(content.base)};
  return hash_of(std::span<const std::uint64_t>(all));
}

DistinctRows group_by_leader(const tfidf::WeightedRows& rows, std::span<const std::uint32_t> term,
                             std::span<const double> diversity,
                             std::span<const std::uint32_t> leader,
                             std::span<const Member> member) {
  std::vector<std::size_t> begin(rows.rows() + 1, 0);
  for (const std::uint32_t each : leader) ++begin[each + 1];
  std::partial_sum(begin.begin(), begin.end(), begin.begin());

  DistinctRows distinct;
  distinct.candidate.reserve(rows.rows());
  distinct.diversity.reserve(rows.rows());
  distinct.member.resize(member.size());
  std::vector<std::size_t> next(begin.begin(), begin.end() - 1);
  for (std::size_t m = 0; m < member.size(); ++m) distinct.member[next[leader[m]]++] = member[m];
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    if (begin[i] == begin[i + 1]) continue;
    Candidate candidate = content_of(rows, term, i);
    candidate.member = std::span(distinct.member).subspan(begin[i], begin[i + 1] - begin[i]);
    std::sort(candidate.member.begin(), candidate.member.end(),
              [](const Member& a, const Member& b) {
                return a.score != b.score ? a.score > b.score : a.row < b.row;
              });
    distinct.candidate.push_back(candidate);
    distinct.diversity.push_back(diversity[i]);
  }
  return distinct;
}

std::vector<double> diversities(const tfidf::WeightedRows& rows,
                                std::span<const std::uint32_t> term, const Objective& objective) {
  std::vector<double> diversity;
  diversity.reserve(rows.rows());
  for (std::size_t i = 0; i < rows.rows(); ++i)
    diversity.push_back(objective.diversity(content_of(rows, term, i)));
  return diversity;
}

DistinctRows distinct_rows(const GreedyRows& rows, const Objective& objective) {
  const tfidf::WeightedRows& weighted = rows.weighted;
  const std::vector<double> diversity = diversities(weighted, weighted.term, objective);
  std::vector<Member> member;
  member.reserve(rows.row.size());
  for (std::size_t i = 0; i < rows.row.size(); ++i) member.push_back(member_of(rows, i));
  return group_by_leader(weighted, weighted.term, diversity, local_leaders(weighted, diversity),
                         member);
}

}  // namespace winnow::selection
