#include "selection/ranking_mpi.hpp"

#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "selection/counted_mpi.hpp"
#include "selection/ranking.hpp"
#include "selection/take_mpi.hpp"

namespace winnow::selection {

Selection ranking_mpi(const mpi::Communicator& communicator, std::span<const core::RowId> row,
                      std::span<const double> value, Direction direction,
                      std::span<const std::uint32_t> cost, std::uint64_t amount) {
  const std::vector<std::uint64_t> keys =
      mpi::agree_on(communicator, [&] { return ranking_keys(value, direction); });
  CountedCollectives collectives(communicator);
  const TakenEverywhere taken = take_mpi(collectives, {row, keys, cost}, amount);
  Selection selection;
  selection.score.emplace();
  selection.spent = taken.spent;
  for (const Position& position : taken.position) {
    selection.row.push_back(position.row);
    selection.score->push_back(value_of_key(position.key, direction));
  }
  return selection;
}

Selection random_subset_mpi(const mpi::Communicator& communicator, std::span<const core::RowId> row,
                            std::uint64_t seed, std::span<const std::uint32_t> cost,
                            std::uint64_t amount) {
  CountedCollectives collectives(communicator);
  const TakenEverywhere taken = take_mpi(collectives, {row, random_keys(row, seed), cost}, amount);
  Selection selection;
  selection.spent = taken.spent;
  for (const Position& position : taken.position) selection.row.push_back(position.row);
  return selection;
}

Selection vanilla_mpi(const mpi::Communicator& communicator, std::span<const core::RowId> row) {
  return vanilla(mpi::all_gather(communicator, row).values);
}

}  // namespace winnow::selection
