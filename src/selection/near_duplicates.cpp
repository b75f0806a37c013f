#include "selection/near_duplicates.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>
#include <tuple>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "selection/kept_sets.hpp"
#include "selection/minhash.hpp"

namespace winnow::selection {
namespace {

constexpr std::uint32_t kMostPermutations = 65'536;

bool is_ascending(std::span<const std::uint64_t> set) {
  return std::ranges::adjacent_find(set, std::greater_equal()) == set.end();
}

/// For each row the first row in the order that has the same set.
std::vector<std::size_t> leaders(const ShingledRows& rows, std::span<const std::size_t> order) {
  struct Print {
    core::Hash128 hash;
    std::size_t place = 0;
  };
  std::vector<Print> prints;
  for (std::size_t place = 0; place < order.size(); ++place)
    prints.push_back({hash_of_set(rows.set(order[place])), place});
  std::ranges::sort(prints, {}, [](const Print& print) {
    return std::make_tuple(print.hash.high, print.hash.low, print.place);
  });
  std::vector<std::size_t> leader(order.size());
  for (std::size_t p = 0; p < prints.size(); ++p) {
    const std::size_t row = order[prints[p].place];
    leader[row] =
        p > 0 && prints[p].hash == prints[p - 1].hash ? leader[order[prints[p - 1].place]] : row;
  }
  return leader;
}

}  // namespace

void check_near_duplicates_input(const ShingledRows& rows, const NearDuplicateRule& rule) {
  if (!(rule.min_jaccard_similarity > 0 && rule.min_jaccard_similarity <= 1))
    throw core::UsageError(
        fmt::format("select.min_jaccard_similarity: {} is not above 0 and at most 1",
                    rule.min_jaccard_similarity));
  if (rule.permutations < 1 || rule.permutations > kMostPermutations)
    throw core::UsageError(fmt::format("select.permutations: {} is not between 1 and {}",
                                       rule.permutations, kMostPermutations));
  core::check(rows.key.size() == rows.row.size() && rows.offset.size() == rows.row.size() + 1,
              "one key and one set per row");
  core::check(rows.offset.back() == rows.shingle.size() && std::ranges::is_sorted(rows.offset),
              "offsets ascend to the number of shingles");
  for (std::size_t i = 0; i < rows.row.size(); ++i)
    core::check(is_ascending(rows.set(i)), "shingles ascend within a row");
}

NearDuplicates near_duplicates(const ShingledRows& rows, const NearDuplicateRule& rule) {
  check_near_duplicates_input(rows, rule);
  std::vector<std::size_t> order(rows.row.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return rows.position(i); });
  const std::vector<std::size_t> leader = leaders(rows, order);

  const MinHash minhash(choose_bands(rule.min_jaccard_similarity, rule.permutations), rule.seed);
  KeptSets kept(rule.min_jaccard_similarity);
  std::vector<std::optional<NearDuplicate>> verdict(order.size());  // of leaders
  NearDuplicates result;
  std::vector<std::uint64_t> band_keys;
  for (const std::size_t i : order) {
    std::optional<NearDuplicate> like;
    if (leader[i] != i) {
      // What its leader resembles it resembles too, and no other row came between.
      like = verdict[leader[i]].value_or(NearDuplicate{{}, rows.row[leader[i]], 1});
      like->position = rows.position(i);
    } else {
      band_keys.clear();
      minhash.append_band_keys(rows.set(i), band_keys);
      if (const auto match = kept.find(rows.set(i), band_keys)) {
        like = NearDuplicate{rows.position(i), result.kept[match->kept], match->jaccard_similarity};
      } else {
        kept.keep(rows.set(i), band_keys);
      }
      verdict[i] = like;
    }
    if (like) {
      result.dropped.push_back(*like);
    } else {
      result.kept.push_back(rows.row[i]);
    }
  }
  return result;
}

}  // namespace winnow::selection
