#include "pipeline/ifd_share.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/pick_step.hpp"
#include "selection/budget.hpp"
#include "selection/ranking_mpi.hpp"

namespace winnow::pipeline {

std::uint64_t rows_of_share(const SelectionStep& step, std::uint64_t rows) {
  try {
    return selection::resolve_budget(selection::parse_budget("ifd_share", step.ifd_share), rows);
  } catch (const core::DataError& error) {
    throw core::DataError(
        fmt::format("{}.ifd_share: '{}': {}", step.place, step.ifd_share, error.what()));
  }
}

Candidates within_ifd_share(const Context& context, const IndexedData& data,
                            const SelectionStep& step, const Candidates& candidates,
                            std::uint64_t amount) {
  const mpi::Communicator& ranks = context.communicator;
  const std::uint64_t count = mpi::agree_on(ranks, [&] { return rows_of_share(step, data.rows); });
  std::vector<core::RowId> top = selection::ranking_mpi(ranks, candidates.row, candidates.value,
                                                        selection::Direction::descending, {}, count)
                                     .row;
  std::ranges::sort(top);
  Candidates kept;
  kept.status_counts = candidates.status_counts;
  kept.aggregates = candidates.aggregates;
  for (std::size_t i = 0; i < candidates.row.size(); ++i) {
    if (!std::ranges::binary_search(top, candidates.row[i])) continue;
    kept.row.push_back(candidates.row[i]);
    kept.value.push_back(candidates.value[i]);
    if (!candidates.tokens.empty()) kept.tokens.push_back(candidates.tokens[i]);
  }
  kept.eligible = top.size();
  kept.eligible_tokens =
      mpi::sum(ranks, std::accumulate(kept.tokens.begin(), kept.tokens.end(), std::uint64_t{0}));
  mpi::agree_on(ranks, [&] {
    const bool in_tokens = is_in_tokens(step);
    const std::uint64_t left = in_tokens ? kept.eligible_tokens : kept.eligible;
    if (left < amount)
      throw core::UsageError(fmt::format("{}.ifd_share: '{}' leaves {} {}, the budget asks for {}",
                                         step.place, step.ifd_share, left,
                                         in_tokens ? "tokens" : "rows", amount));
  });
  return kept;
}

}  // namespace winnow::pipeline
