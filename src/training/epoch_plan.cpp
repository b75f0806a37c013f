#include "training/epoch_plan.hpp"

#include <algorithm>
#include <numeric>

#include "core/random.hpp"

namespace winnow::training {
namespace {

constexpr std::uint64_t kShuffleStage = 0x73687566666C65;  // "shuffle"

}  // namespace

std::vector<std::uint64_t> shuffled_places(std::uint64_t rows, std::uint64_t seed,
                                           std::uint64_t epoch) {
  std::vector<std::uint64_t> places(rows);
  std::iota(places.begin(), places.end(), std::uint64_t{0});
  const std::uint64_t stage = core::mix64(kShuffleStage + epoch);
  std::ranges::sort(places, {}, [&](std::uint64_t place) {
    return std::pair(core::random_word(seed, stage, place), place);
  });
  return places;
}

std::vector<StepRows> epoch_steps(std::span<const std::uint64_t> places, std::uint64_t batch) {
  std::vector<StepRows> steps((places.size() + batch - 1) / batch);
  for (std::size_t i = 0; i < places.size(); ++i)
    steps[i / batch].shards[i % batch % kShards].push_back(places[i]);
  return steps;
}

ShardRange shards_of(std::size_t rank, std::size_t ranks) {
  return {kShards * rank / ranks, kShards * (rank + 1) / ranks};
}

}  // namespace winnow::training
