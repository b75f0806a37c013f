#include "selection/cherry_sample_mpi.hpp"

#include <algorithm>
#include <vector>

#include "mpi/collectives.hpp"
#include "selection/cluster_owners_mpi.hpp"

namespace winnow::selection {
namespace {

struct PerplexedRow {
  core::RowId row = 0;
  double perplexity = 0;
  std::uint64_t cluster = 0;
};

struct Pick {
  std::uint64_t cluster = 0;
  core::RowId row = 0;
  auto operator<=>(const Pick&) const = default;
};

}  // namespace

Selection cherry_sample_mpi(const mpi::Communicator& communicator, const PerplexedRows& rows,
                            const CherrySampleRule& rule) {
  std::vector<PerplexedRow> own;
  for (std::size_t i = 0; i < rows.row.size(); ++i)
    own.push_back({rows.row[i], rows.perplexity[i], rows.cluster[i]});
  std::vector<core::RowId> row;
  std::vector<double> perplexity;
  std::vector<std::uint32_t> cluster;
  for (const PerplexedRow& each : to_cluster_owners(communicator, std::move(own))) {
    row.push_back(each.row);
    perplexity.push_back(each.perplexity);
    cluster.push_back(static_cast<std::uint32_t>(each.cluster));
  }
  std::vector<Pick> own_picks;
  for (const std::size_t i : cherry_picks({row, cluster, perplexity}, rule))
    own_picks.push_back({cluster[i], row[i]});
  std::vector<Pick> picks = mpi::all_gather(communicator, std::span<const Pick>(own_picks)).values;
  std::ranges::sort(picks);
  Selection selection;
  for (const Pick& pick : picks) selection.row.push_back(pick.row);
  selection.spent = selection.row.size();
  return selection;
}

}  // namespace winnow::selection
