#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace winnow::training {

/// Parts of a global batch whose gradients are formed alone and then summed in one fixed order,
/// whatever the number of ranks.
constexpr std::size_t kShards = 8;

/// Places in [0, rows) in the order of one epoch: a permutation drawn from (seed, epoch), the same
/// on every rank.
[[nodiscard]] std::vector<std::uint64_t> shuffled_places(std::uint64_t rows, std::uint64_t seed,
                                                         std::uint64_t epoch);

/// The places of one optimizer step, by shard: place i of the batch goes to shard i modulo kShards.
struct StepRows {
  std::array<std::vector<std::uint64_t>, kShards> shards;
};

/// Batches of `batch` places in order; the last of an epoch may have fewer.
[[nodiscard]] std::vector<StepRows> epoch_steps(std::span<const std::uint64_t> places,
                                                std::uint64_t batch);

/// The shards that a rank works on: consecutive ones, none for some ranks where there are more than
/// kShards of them.
struct ShardRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};
[[nodiscard]] ShardRange shards_of(std::size_t rank, std::size_t ranks);

}  // namespace winnow::training
