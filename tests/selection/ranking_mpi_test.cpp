#include "selection/ranking_mpi.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "core/random.hpp"
#include "selection/cut_mpi.hpp"
#include "selection/ranking.hpp"

namespace winnow::selection {
namespace {

struct Table {
  std::vector<core::RowId> row;
  std::vector<double> value;
  std::vector<std::uint32_t> cost;
};

Table random_table(std::size_t rows, std::uint64_t distinct_values) {
  Table table;
  for (std::size_t i = 0; i < rows; ++i) {
    table.row.push_back(2 * i);
    table.value.push_back(static_cast<double>(core::random_word(1, 2, i) % distinct_values) - 2.0);
    table.cost.push_back(static_cast<std::uint32_t>(core::random_word(3, 4, i) % 90));
  }
  return table;
}

Table part_of(const Table& whole, const mpi::Communicator& world) {
  const core::RowRange range =
      core::block_range(whole.row.size(), static_cast<std::uint64_t>(world.size()),
                        static_cast<std::uint64_t>(world.rank()));
  const auto cut = [&](const auto& column) {
    return std::remove_cvref_t<decltype(column)>(
        column.begin() + static_cast<std::ptrdiff_t>(range.begin),
        column.begin() + static_cast<std::ptrdiff_t>(range.end));
  };
  return {cut(whole.row), cut(whole.value), cut(whole.cost)};
}

TEST(RankingMpi, EqualsTheRankingOfAllRows) {
  const mpi::Communicator world = mpi::Communicator::world();
  for (const std::size_t rows : {0U, 1U, 5U, 800U})
    for (const std::uint64_t distinct : {1U, 7U, 1'000'000U}) {
      const Table whole = random_table(rows, distinct);
      const Table part = part_of(whole, world);
      for (const Direction direction : {Direction::ascending, Direction::descending})
        for (const std::uint64_t amount : {0U, 1U, 3U, 100U, 800U, 9'000U}) {
          const Selection counted = ranking_mpi(world, part.row, part.value, direction, {}, amount);
          const Selection counted_alone = ranking(whole.row, whole.value, direction, {}, amount);
          const Selection costed =
              ranking_mpi(world, part.row, part.value, direction, part.cost, amount);
          const Selection costed_alone =
              ranking(whole.row, whole.value, direction, whole.cost, amount);
          EXPECT_EQ(counted.row, counted_alone.row);
          EXPECT_EQ(counted.score, counted_alone.score);
          EXPECT_EQ(counted.spent, counted_alone.spent);
          EXPECT_EQ(costed.row, costed_alone.row);
          EXPECT_EQ(costed.spent, costed_alone.spent);
        }
    }
}

TEST(RankingMpi, RandomAndVanillaEqualTheirLocalTwins) {
  const mpi::Communicator world = mpi::Communicator::world();
  const Table whole = random_table(500, 3);
  const Table part = part_of(whole, world);
  const Selection random = random_subset_mpi(world, part.row, 5, {}, 77);
  const Selection every = vanilla_mpi(world, part.row);
  EXPECT_EQ(random.row, random_subset(whole.row, 5, {}, 77).row);
  EXPECT_EQ(every.row, whole.row);
}

TEST(FindCut, SplitsAnywhereWithinItsBounds) {
  const mpi::Communicator world = mpi::Communicator::world();
  std::vector<Position> all;
  for (std::uint64_t i = 0; i < 3'000; ++i)
    all.push_back(
        {i % 3 == 0 ? 7U : core::random_word(1, 1, i) >> (core::random_word(2, 2, i) % 64), i});
  std::vector<Position> own;
  for (std::size_t i = static_cast<std::size_t>(world.rank()); i < all.size();
       i += static_cast<std::size_t>(world.size()))
    own.push_back(all[i]);
  std::sort(all.begin(), all.end());
  for (const unsigned shift : {0U, 42U, 52U})
    for (const std::uint64_t least : {1U, 10U, 999U, 2'000U, 2'999U, 3'000U, 5'000U})
      for (const std::uint64_t slack : {0U, 5U, 400U}) {
        CountedCollectives collectives(world);
        const Cut cut =
            find_cut(collectives, own, {0, ~std::uint64_t{0}, shift}, least, least + slack);
        const auto before = static_cast<std::uint64_t>(
            std::lower_bound(all.begin(), all.end(), cut.end) - all.begin());
        EXPECT_EQ(cut.count, before);
        EXPECT_GE(cut.count, std::min<std::uint64_t>(least, all.size()));
        EXPECT_LE(cut.count, least + slack);
      }
}

}  // namespace
}  // namespace winnow::selection
