#include "selection/similarity_filter_mpi.hpp"

#include <gtest/gtest.h>

#include "selection/embeddings.hpp"

namespace winnow::selection {
namespace {

TEST(SimilarityFilterMpi, EqualsTheFilterOfAllRows) {
  const mpi::Communicator world = mpi::Communicator::world();
  for (const std::size_t count : {0U, 1U, 5U, 3'000U}) {
    const EmbeddedRows all(count, 16, 0.3);
    const core::RowRange mine = core::block_range(count, static_cast<std::uint64_t>(world.size()),
                                                  static_cast<std::uint64_t>(world.rank()));
    const auto cut = [&](const auto& column, std::size_t width = 1) {
      return std::span(column).subspan(mine.begin * width, mine.size() * width);
    };
    for (const double threshold : {0.6, 0.95})
      for (const std::uint64_t amount : {0U, 10U, 1'500U, 100'000U})
        for (const bool costed : {false, true}) {
          const auto costs = [&](std::span<const std::uint32_t> cost) {
            return costed ? cost : std::span<const std::uint32_t>();
          };
          const Selection alone = similarity_filter(
              {all.row, all.score, costs(all.cost), {all.values, 16}}, threshold, amount);
          const Selection together = similarity_filter_mpi(
              world,
              {cut(all.row), cut(all.score), costs(cut(all.cost)), {cut(all.values, 16), 16}},
              threshold, amount);
          ASSERT_EQ(together.row, alone.row) << count << " rows, amount " << amount;
          ASSERT_EQ(together.score, alone.score);
          ASSERT_EQ(together.spent, alone.spent);
        }
  }
}

}  // namespace
}  // namespace winnow::selection
