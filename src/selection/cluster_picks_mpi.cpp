#include "selection/cluster_picks_mpi.hpp"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "mpi/collectives.hpp"
#include "selection/cluster_owners_mpi.hpp"
#include "selection/nearest_picks.hpp"
#include "selection/take_mpi.hpp"

namespace winnow::selection {
namespace {

struct ClusteredRow {
  core::RowId row = 0;
  double squared_distance = 0;
  std::uint32_t cluster = 0;
  std::uint32_t cost = 1;
};

}  // namespace

Selection per_cluster_mpi(const mpi::Communicator& communicator, const ClusteredRows& rows,
                          std::uint64_t amount) {
  std::vector<ClusteredRow> own;
  for (std::size_t i = 0; i < rows.row.size(); ++i)
    own.push_back({rows.row[i], rows.squared_distance[i], rows.cluster[i],
                   rows.cost.empty() ? 1U : rows.cost[i]});
  const bool has_costs = mpi::sum(communicator, rows.cost.empty() ? 0U : std::uint64_t{1}) > 0;
  OtherRows whole;  // clusters
  for (const ClusteredRow& each : to_cluster_owners(communicator, std::move(own))) {
    whole.row.push_back(each.row);
    if (has_costs) whole.cost.push_back(each.cost);
    whole.cluster.push_back(each.cluster);
    whole.squared_distance.push_back(each.squared_distance);
  }
  CountedCollectives collectives(communicator);
  const TakenEverywhere taken =
      take_mpi(collectives, {whole.row, round_robin_keys(whole.columns()), whole.cost}, amount);
  Selection selection;
  selection.spent = taken.spent;
  for (const Position& position : taken.position) selection.row.push_back(position.row);
  return selection;
}

Selection nearest_to_centroids_mpi(const mpi::Communicator& communicator, const ClusteredRows& rows,
                                   const Vectors& vectors, std::span<const double> centroids,
                                   std::uint64_t amount) {
  std::vector<NearestPick> picks = nearest_picks(rows, vectors, centroids);
  const std::vector<NearestPick> gathered =
      mpi::all_gather(communicator, std::span<const NearestPick>(picks)).values;
  for (std::size_t i = 0; i < gathered.size(); ++i) {
    NearestPick& pick = picks[i % picks.size()];
    if (std::tie(gathered[i].squared_distance, gathered[i].row) <
        std::tie(pick.squared_distance, pick.row))
      pick = gathered[i];
  }
  FirstPicks first = take_picks(picks, amount);
  if (first.is_complete) return std::move(first.selection);
  const OtherRows others = rows_without(rows, first.selection.row);
  const Selection fill =
      per_cluster_mpi(communicator, others.columns(), amount - first.selection.spent);
  return filled_up(std::move(first.selection), fill);
}

}  // namespace winnow::selection
