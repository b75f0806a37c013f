#include "selection/ranking.hpp"

#include <cmath>

#include "core/error.hpp"
#include "core/random.hpp"
#include "selection/take.hpp"

namespace winnow::selection {
namespace {

constexpr std::uint64_t kRandomSubsetStage = 0x73756273657400ULL;  // "subset"

}  // namespace

std::vector<std::uint64_t> ranking_keys(std::span<const double> value, Direction direction) {
  std::vector<std::uint64_t> keys;
  keys.reserve(value.size());
  for (const double each : value) {
    core::check(!std::isnan(each), "a ranked value is a number");
    keys.push_back(order_key(each, direction));
  }
  return keys;
}

std::vector<std::uint64_t> random_keys(std::span<const core::RowId> row, std::uint64_t seed) {
  std::vector<std::uint64_t> keys;
  keys.reserve(row.size());
  for (const core::RowId each : row)
    keys.push_back(core::random_word(seed, kRandomSubsetStage, each));
  return keys;
}

Selection ranking(std::span<const core::RowId> row, std::span<const double> value,
                  Direction direction, std::span<const std::uint32_t> cost, std::uint64_t amount) {
  const Taken taken = take({row, ranking_keys(value, direction), cost}, amount);
  Selection selection;
  selection.score.emplace();
  selection.spent = taken.spent;
  for (const std::size_t i : taken.index) {
    selection.row.push_back(row[i]);
    selection.score->push_back(value[i]);
  }
  return selection;
}

Selection random_subset(std::span<const core::RowId> row, std::uint64_t seed,
                        std::span<const std::uint32_t> cost, std::uint64_t amount) {
  const Taken taken = take({row, random_keys(row, seed), cost}, amount);
  Selection selection;
  selection.spent = taken.spent;
  for (const std::size_t i : taken.index) selection.row.push_back(row[i]);
  return selection;
}

Selection vanilla(std::span<const core::RowId> row) {
  Selection selection;
  selection.row.assign(row.begin(), row.end());
  selection.spent = row.size();
  return selection;
}

}  // namespace winnow::selection
