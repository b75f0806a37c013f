#include "selection/facility_location_mpi.hpp"

#include <gtest/gtest.h>

#include "selection/embeddings.hpp"

namespace winnow::selection {
namespace {

/// Rows that each rank takes as its own: a block, or all of them on the last rank.
core::RowRange share(std::size_t count, const mpi::Communicator& world, bool on_last) {
  const auto size = static_cast<std::uint64_t>(world.size());
  const auto rank = static_cast<std::uint64_t>(world.rank());
  if (!on_last) return core::block_range(count, size, rank);
  return rank + 1 == size ? core::RowRange{0, count} : core::RowRange{0, 0};
}

TEST(FacilityLocationMpi, EqualsFacilityLocationOfAllRows) {
  const mpi::Communicator world = mpi::Communicator::world();
  for (const std::size_t count : {0U, 1U, 5U, 70U, 500U})
    for (const std::size_t width : {3U, 24U})
      for (const auto similarity : {FacilitySimilarity::published, FacilitySimilarity::cosine})
        for (const auto ties : {FacilityTies::smallest_row, FacilityTies::published})
          for (const bool varied : {false, true}) {
            const EmbeddedRows all(count, width, 0.3);
            std::vector<std::uint64_t> keys;
            for (const double score : all.score) keys.push_back(static_cast<std::uint64_t>(score));
            const core::RowRange mine = share(count, world, varied);
            const auto cut = [&](const auto& column, std::size_t values = 1) {
              return std::span(column).subspan(mine.begin * values, mine.size() * values);
            };
            const FacilityRule rule{similarity, ties, varied ? 0 : std::uint64_t{1} << 20};
            const std::span<const std::uint64_t> none;
            const std::span<const std::uint32_t> free;
            for (const std::uint64_t amount : {0U, 60U, 100'000U}) {
              const Selection alone = facility_location(
                  {all.row, varied ? keys : none, varied ? all.cost : free, {all.values, width}},
                  rule, amount);
              const Selection together = facility_location_mpi(world,
                                                               {cut(all.row),
                                                                varied ? cut(keys) : none,
                                                                varied ? cut(all.cost) : free,
                                                                {cut(all.values, width), width}},
                                                               rule, amount);
              EXPECT_EQ(together.row, alone.row) << count << " rows, amount " << amount;
              EXPECT_EQ(together.gain, alone.gain);
              EXPECT_EQ(together.spent, alone.spent);
              EXPECT_EQ(together.filled_from, alone.filled_from);
            }
          }
}

// A rank's rows travel in blocks of 1,024.
TEST(FacilityLocationMpi, EqualsFacilityLocationOfAllRowsInSeveralBlocks) {
  const mpi::Communicator world = mpi::Communicator::world();
  constexpr std::size_t kCount = 4'500, kWidth = 8;
  const EmbeddedRows all(kCount, kWidth, 0.3);
  const core::RowRange mine = share(kCount, world, false);
  for (const std::uint64_t list_bytes : {std::uint64_t{1} << 20, std::uint64_t{1} << 28}) {
    const FacilityRule rule{FacilitySimilarity::published, FacilityTies::smallest_row, list_bytes};
    const Selection alone = facility_location({all.row, {}, {}, {all.values, kWidth}}, rule, 40);
    const Selection together = facility_location_mpi(
        world,
        {std::span(all.row).subspan(mine.begin, mine.size()),
         {},
         {},
         {std::span(all.values).subspan(mine.begin * kWidth, mine.size() * kWidth), kWidth}},
        rule, 40);
    EXPECT_EQ(together.row, alone.row) << list_bytes;
    EXPECT_EQ(together.gain, alone.gain);
  }
}

}  // namespace
}  // namespace winnow::selection
