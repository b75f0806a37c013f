#include "selection/near_duplicates_mpi.hpp"

#include <gtest/gtest.h>

#include "selection/shingled_corpus.hpp"

namespace winnow::selection {
namespace {

TEST(NearDuplicatesMpi, EqualThoseOfAllRows) {
  const mpi::Communicator world = mpi::Communicator::world();
  for (const std::size_t count : {0U, 1U, 5U, 900U, 6'000U})
    for (const double threshold : {0.4, 0.8}) {
      const ShingledCorpus all = random_shingles(count);
      const ShingledCorpus mine =
          all.part(core::block_range(count, static_cast<std::uint64_t>(world.size()),
                                     static_cast<std::uint64_t>(world.rank())));
      const NearDuplicateRule rule{threshold, 64, 1};
      const NearDuplicates alone = near_duplicates(all.input(), rule);
      const NearDuplicates together = near_duplicates_mpi(world, mine.input(), rule);
      ASSERT_EQ(together.kept, alone.kept) << count << " rows, threshold " << threshold;
      ASSERT_EQ(together.dropped, alone.dropped);
    }
}

}  // namespace
}  // namespace winnow::selection
