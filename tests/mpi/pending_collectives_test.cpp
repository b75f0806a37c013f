#include "mpi/pending_collectives.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "mpi/collectives.hpp"

namespace winnow::mpi {
namespace {

TEST(PendingCollectives, SumsAndCopiesGoOnBesideOtherTraffic) {
  const Communicator world = Communicator::world();
  const auto me = static_cast<float>(world.rank());
  const auto ranks = static_cast<float>(world.size());
  PendingCollectives pending(world);
  constexpr std::size_t kSize = 100'000;
  std::vector<std::vector<float>> sums, copies;
  for (int owner = 0; owner < world.size(); ++owner) {
    sums.emplace_back(kSize, me + static_cast<float>(owner));
    copies.emplace_back(kSize, me);
  }
  for (int owner = 0; owner < world.size(); ++owner) {
    pending.reduce(sums[static_cast<std::size_t>(owner)], owner);
    pending.broadcast(copies[static_cast<std::size_t>(owner)], owner);
    pending.progress();
    EXPECT_EQ(sum(world, std::uint64_t{1}), static_cast<std::uint64_t>(world.size()));
  }
  pending.wait();
  const float total = ranks * (ranks - 1) / 2;
  for (int owner = 0; owner < world.size(); ++owner) {
    const auto place = static_cast<std::size_t>(owner);
    EXPECT_EQ(copies[place], std::vector<float>(kSize, static_cast<float>(owner)));
    if (owner == world.rank()) {
      EXPECT_EQ(sums[place], std::vector<float>(kSize, total + ranks * static_cast<float>(owner)));
    }
  }
  pending.wait();  // For nothing.
}

}  // namespace
}  // namespace winnow::mpi
