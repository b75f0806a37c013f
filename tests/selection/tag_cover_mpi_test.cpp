#include "selection/tag_cover_mpi.hpp"

#include <gtest/gtest.h>

#include "selection/tagged_rows.hpp"

namespace winnow::selection {
namespace {

TEST(TagCoverMpi, EqualsTheCoverOfAllRows) {
  const mpi::Communicator world = mpi::Communicator::world();
  for (const auto& [count, tags] :
       {std::pair{0U, 40U}, {3U, 40U}, {500U, 40U}, {9'000U, 30'000U}}) {
    const RandomTags all(count, tags);
    const core::RowRange mine = core::block_range(count, static_cast<std::uint64_t>(world.size()),
                                                  static_cast<std::uint64_t>(world.rank()));
    std::vector<std::uint64_t> offset;
    const std::uint64_t first = all.offset[mine.begin], end = all.offset[mine.end];
    for (std::uint64_t i = mine.begin; i <= mine.end; ++i) offset.push_back(all.offset[i] - first);
    for (const bool costed : {false, true})
      for (const TagRounds rounds : {TagRounds::restart, TagRounds::one})
        for (const std::uint64_t amount : {0U, 7U, 400U, 9'000U, 90'000U}) {
          const auto costs = [&](std::span<const std::uint32_t> cost) {
            return costed ? cost : std::span<const std::uint32_t>();
          };
          const TaggedRows whole{all.row, all.key, costs(all.cost), all.offset, all.tag};
          const TaggedRows part{std::span(all.row).subspan(mine.begin, mine.size()),
                                std::span(all.key).subspan(mine.begin, mine.size()),
                                costs(std::span(all.cost).subspan(mine.begin, mine.size())), offset,
                                std::span(all.tag).subspan(first, end - first)};
          const Selection alone = tag_cover(whole, rounds, amount);
          const Selection together = tag_cover_mpi(world, part, rounds, amount);
          ASSERT_EQ(together.row, alone.row);
          ASSERT_EQ(together.spent, alone.spent);
          ASSERT_EQ(together.filled_from, alone.filled_from);
        }
  }
}

}  // namespace
}  // namespace winnow::selection
