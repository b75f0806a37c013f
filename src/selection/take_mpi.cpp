#include "selection/take_mpi.hpp"

#include <algorithm>
#include <limits>

#include "selection/cut_mpi.hpp"

namespace winnow::selection {
namespace {

constexpr std::uint64_t kBatch = 65'536;

struct CostedRow {
  Position position;
  std::uint64_t cost = 1;
};

}  // namespace

TakenEverywhere take_mpi(CountedCollectives& collectives, const OrderedRows& rows,
                         std::uint64_t amount) {
  // The amount bounds the number of rows only where each row costs 1; a rank without rows cannot
  // tell, so all are asked.
  const bool has_costs = collectives.sum(rows.cost.empty() ? 0 : 1) > 0;
  std::vector<Position> left;
  for (std::size_t i = 0; i < rows.row.size(); ++i) left.push_back({rows.key[i], rows.row[i]});
  TakenEverywhere taken;
  Position begin;
  bool is_full = amount == 0;
  while (!is_full) {
    const std::uint64_t batch = has_costs ? std::min(amount, kBatch) : amount;
    const CutRange everything{0, std::numeric_limits<std::uint64_t>::max(), 52};
    const Cut cut = find_cut(collectives, left, everything, batch, batch);
    if (cut.count == 0) break;
    std::vector<CostedRow> own;
    for (std::size_t i = 0; i < rows.row.size(); ++i) {
      const Position position{rows.key[i], rows.row[i]};
      if (begin <= position && position < cut.end)
        own.push_back({position, rows.cost.empty() ? 1U : rows.cost[i]});
    }
    std::vector<CostedRow> gathered = collectives.all_gather(std::span<const CostedRow>(own));
    std::sort(gathered.begin(), gathered.end(),
              [](const CostedRow& a, const CostedRow& b) { return a.position < b.position; });
    for (const CostedRow& each : gathered) {
      is_full = each.cost > amount - taken.spent;
      if (is_full) break;
      taken.position.push_back(each.position);
      taken.cost.push_back(each.cost);
      taken.spent += each.cost;
    }
    is_full = is_full || taken.spent == amount;
    begin = cut.end;
    std::erase_if(left, [&](const Position& position) { return position < begin; });
  }
  return taken;
}

}  // namespace winnow::selection
