#include "selection/k_center_mpi.hpp"

#include <gtest/gtest.h>

#include "selection/embeddings.hpp"

namespace winnow::selection {
namespace {

TEST(KCenterMpi, EqualsTheTraversalOfAllRows) {
  const mpi::Communicator world = mpi::Communicator::world();
  for (const std::size_t count : {0U, 1U, 5U, 3'000U})
    for (const double spread : {0.0, 0.3}) {
      const EmbeddedRows all(count, 16, spread);
      const core::RowRange mine = core::block_range(count, static_cast<std::uint64_t>(world.size()),
                                                    static_cast<std::uint64_t>(world.rank()));
      const auto cut = [&](const auto& column, std::size_t width = 1) {
        return std::span(column).subspan(mine.begin * width, mine.size() * width);
      };
      for (const std::uint64_t amount : {0U, 1U, 10U, 700U, 100'000U})
        for (const bool costed : {false, true}) {
          const auto costs = [&](std::span<const std::uint32_t> cost) {
            return costed ? cost : std::span<const std::uint32_t>();
          };
          const Selection alone = k_center({all.row, costs(all.cost), {all.values, 16}}, 5, amount);
          const Selection together = k_center_mpi(
              world, {cut(all.row), costs(cut(all.cost)), {cut(all.values, 16), 16}}, 5, amount);
          ASSERT_EQ(together.row, alone.row) << count << " rows, amount " << amount;
          ASSERT_EQ(together.gain, alone.gain);
          ASSERT_EQ(together.filled_from, alone.filled_from);
          ASSERT_EQ(together.spent, alone.spent);
        }
    }
}

}  // namespace
}  // namespace winnow::selection
