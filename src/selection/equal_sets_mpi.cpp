#include "selection/equal_sets_mpi.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>

#include "core/hash.hpp"
#include "mpi/collectives.hpp"
#include "selection/kept_sets.hpp"
#include "selection/position.hpp"

namespace winnow::selection {
namespace {

/// A row's set and place in the order; `source` and `index` say where the row is.
struct PrintedSet {
  core::Hash128 print;
  Position position;
  std::uint64_t source = 0;
  std::uint64_t index = 0;
};

/// The row `index` of the rank that receives this has the set of `leader`.
struct Copy {
  std::uint64_t index = 0;
  core::RowId leader = 0;
};

}  // namespace

std::vector<core::RowId> leaders_mpi(const mpi::Communicator& communicator,
                                     const ShingledRows& rows) {
  const auto ranks = static_cast<std::size_t>(communicator.size());
  std::vector<std::vector<PrintedSet>> printed(ranks);
  for (std::size_t i = 0; i < rows.row.size(); ++i) {
    const core::Hash128 print = hash_of_set(rows.set(i));
    printed[print.high % ranks].push_back(
        {print, rows.position(i), static_cast<std::uint64_t>(communicator.rank()), i});
  }
  std::vector<PrintedSet> sets = mpi::all_to_all(communicator, printed).values;
  std::ranges::sort(sets, {}, [](const PrintedSet& set) {
    return std::make_tuple(set.print.high, set.print.low, set.position);
  });
  std::vector<std::vector<Copy>> copies(ranks);
  std::size_t leader = 0;
  for (std::size_t i = 1; i < sets.size(); ++i) {
    if (sets[i].print == sets[leader].print) {
      copies[sets[i].source].push_back({sets[i].index, sets[leader].position.row});
    } else {
      leader = i;
    }
  }
  std::vector<core::RowId> leaders(rows.row.begin(), rows.row.end());
  for (const Copy& copy : mpi::all_to_all(communicator, copies).values)
    leaders[copy.index] = copy.leader;
  return leaders;
}

}  // namespace winnow::selection
