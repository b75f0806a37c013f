#include "selection/distinct_rows_mpi.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>

#include "mpi/collectives.hpp"

namespace winnow::selection {
namespace {

constexpr std::uint32_t kElsewhere = std::numeric_limits<std::uint32_t>::max();

struct PrintedRow {
  core::Hash128 print;
  Member member;
};

/// `member` has the content of row `leader`.
struct Copy {
  core::RowId leader = 0;
  Member member;
};

/// For the rank of each leader and for the rank of each copy: who copies whom, among the rows whose
/// prints this rank owns.
std::vector<std::vector<Copy>> find_copies(const mpi::Gathered<PrintedRow>& printed) {
  std::vector<std::size_t> source;
  for (std::size_t rank = 0; rank < printed.counts.size(); ++rank)
    source.insert(source.end(), printed.counts[rank], rank);
  std::vector<std::size_t> order(printed.values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto row = [&](std::size_t i) -> const PrintedRow& { return printed.values[i]; };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (row(a).print.high != row(b).print.high) return row(a).print.high < row(b).print.high;
    if (row(a).print.low != row(b).print.low) return row(a).print.low < row(b).print.low;
    return row(a).member.row < row(b).member.row;
  });

  std::vector<std::vector<Copy>> copies(printed.counts.size());
  std::size_t leader = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || row(order[i]).print != row(order[i - 1]).print) {
      leader = order[i];
      continue;
    }
    const Copy copy{row(leader).member.row, row(order[i]).member};
    copies[source[leader]].push_back(copy);
    if (source[order[i]] != source[leader]) copies[source[order[i]]].push_back(copy);
  }
  return copies;
}

}  // namespace

DistinctShare distinct_rows_mpi(const mpi::Communicator& communicator, const GreedyRows& rows,
                                std::span<const std::uint32_t> term, const Objective& objective) {
  const auto ranks = static_cast<std::size_t>(communicator.size());
  const std::size_t count = rows.row.size();
  std::vector<std::vector<PrintedRow>> printed(ranks);
  for (std::size_t i = 0; i < count; ++i) {
    const core::Hash128 print = fingerprint(content_of(rows.weighted, term, i));
    printed[print.high % ranks].push_back({print, member_of(rows, i)});
  }
  const mpi::Gathered<Copy> copies =
      mpi::all_to_all(communicator, find_copies(mpi::all_to_all(communicator, printed)));

  const auto local = [&](core::RowId row) -> std::uint32_t {
    const auto found = std::lower_bound(rows.row.begin(), rows.row.end(), row);
    return found != rows.row.end() && *found == row
               ? static_cast<std::uint32_t>(found - rows.row.begin())
               : kElsewhere;
  };
  std::vector<std::uint32_t> leader_of(count);
  std::iota(leader_of.begin(), leader_of.end(), 0U);
  std::vector<std::uint32_t> leader;
  std::vector<Member> member;
  for (const Copy& copy : copies.values) {
    const std::uint32_t own_leader = local(copy.leader);
    const std::uint32_t own_row = local(copy.member.row);
    if (own_row != kElsewhere) {
      leader_of[own_row] = own_leader;
    } else {
      leader.push_back(own_leader);
      member.push_back(copy.member);
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (leader_of[i] == kElsewhere) continue;
    leader.push_back(leader_of[i]);
    member.push_back(member_of(rows, i));
  }

  DistinctShare share;
  share.rows = group_by_leader(rows.weighted, term, diversities(rows.weighted, term, objective),
                               leader, member);
  for (std::size_t i = 0; i < count; ++i)
    if (leader_of[i] == i) share.leader.push_back(rows.row[i]);
  return share;
}

}  // namespace winnow::selection
