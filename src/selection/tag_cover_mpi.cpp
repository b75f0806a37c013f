#include "selection/tag_cover_mpi.hpp"

#include <vector>

#include "mpi/collectives.hpp"

namespace winnow::selection {

Selection tag_cover_mpi(const mpi::Communicator& communicator, const TaggedRows& rows,
                        TagRounds rounds, std::uint64_t amount) {
  std::vector<std::uint64_t> own_counts;
  for (std::size_t i = 0; i < rows.row.size(); ++i)
    own_counts.push_back(rows.offset[i + 1] - rows.offset[i]);
  const auto row = mpi::all_gather(communicator, rows.row).values;
  const auto key = mpi::all_gather(communicator, rows.key).values;
  const auto cost = mpi::all_gather(communicator, rows.cost).values;
  const auto counts =
      mpi::all_gather(communicator, std::span<const std::uint64_t>(own_counts)).values;
  const auto tag = mpi::all_gather(communicator, rows.tag).values;
  std::vector<std::uint64_t> offset{0};
  for (const std::uint64_t count : counts) offset.push_back(offset.back() + count);
  return tag_cover({row, key, cost, offset, tag}, rounds, amount);
}

}  // namespace winnow::selection
