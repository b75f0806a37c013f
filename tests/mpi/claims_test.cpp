#include "mpi/claims.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include "mpi/collectives.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::mpi {
namespace {

std::vector<std::uint64_t> sorted_everywhere(const Communicator& world,
                                             const std::vector<std::uint64_t>& mine) {
  std::vector<std::uint64_t> all = all_gather(world, std::span<const std::uint64_t>(mine)).values;
  std::ranges::sort(all);
  return all;
}

TEST(BlockClaims, HandsOutEachOpenBlockExactlyOnce) {
  const Communicator world = Communicator::world();
  std::vector<bool> is_done(50, false);
  is_done[0] = is_done[17] = is_done[49] = true;
  std::vector<std::uint64_t> expected;
  for (std::uint64_t block = 0; block < is_done.size(); ++block)
    if (!is_done[block]) expected.push_back(block);
  BlockClaims claims(world, is_done);
  std::vector<std::uint64_t> mine;
  while (const auto block = claims.next()) mine.push_back(*block);
  claims.finish();
  EXPECT_EQ(sorted_everywhere(world, mine), expected);
}

TEST(BlockClaims, EndAtOnceWhenThereIsNothingToDo) {
  const Communicator world = Communicator::world();
  for (const std::size_t blocks : {std::size_t{0}, std::size_t{3}}) {
    BlockClaims claims(world, std::vector<bool>(blocks, true));
    EXPECT_EQ(claims.next(), std::nullopt);
    EXPECT_EQ(claims.next(), std::nullopt);
    claims.finish();
  }
}

/// Rank 0 computes on one block, without any call of MPI, until all other ranks have taken all
/// other blocks: it would never end if a claim waited for rank 0's main thread.
TEST(BlockClaims, AreAnsweredWhileRankZeroComputes) {
  const Communicator world = Communicator::world();
  std::optional<test::TemporaryFolder> folder;
  if (world.is_root()) folder.emplace();
  const std::filesystem::path path =
      broadcast(world, folder ? folder->path().string() : std::string());
  const auto mark = [&](int rank) { return path / std::to_string(rank); };

  BlockClaims claims(world, std::vector<bool>(40, false));
  std::vector<std::uint64_t> mine;
  if (world.is_root()) {
    mine.push_back(claims.next().value());
    for (int rank = 1; rank < world.size(); ++rank)
      while (!std::filesystem::exists(mark(rank))) std::this_thread::yield();
  }
  while (const auto block = claims.next()) mine.push_back(*block);
  if (!world.is_root()) std::ofstream(mark(world.rank())) << "finished";
  claims.finish();

  const auto gathered = all_gather(world, std::span<const std::uint64_t>(mine));
  EXPECT_EQ(gathered.values.size(), 40U);
  if (world.size() > 1) {
    EXPECT_EQ(gathered.counts[0], 1U);
  }
}

TEST(BlockClaims, StopEndsEveryRankAfterItsBlock) {
  const Communicator world = Communicator::world();
  BlockClaims claims(world, std::vector<bool>(1'000'000, false));
  std::uint64_t taken = 0;
  while (claims.next())
    if (++taken == 2 && world.rank() == world.size() - 1) claims.stop();
  claims.finish();
  const std::uint64_t total = sum(world, taken);
  EXPECT_GE(total, 2U);
  EXPECT_LT(total, 1'000'000U);
}

}  // namespace
}  // namespace winnow::mpi
