#include "mpi/collectives.hpp"

#include <numeric>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "mpi/message.hpp"
#include "mpi/transfer.hpp"

namespace winnow::mpi {
namespace {

const Communicator& world() {
  static const Communicator communicator = Communicator::world();
  return communicator;
}
std::uint64_t me() { return static_cast<std::uint64_t>(world().rank()); }
std::uint64_t ranks() { return static_cast<std::uint64_t>(world().size()); }

TEST(Collectives, ReduceAndScan) {
  EXPECT_EQ(sum(world(), me() + 1), ranks() * (ranks() + 1) / 2);
  EXPECT_EQ(min(world(), me() + 5), 5U);
  EXPECT_EQ(max(world(), me() + 5), ranks() + 4);
  EXPECT_EQ(sum(world(), 0.5), 0.5 * static_cast<double>(ranks()));
  EXPECT_EQ(min(world(), static_cast<double>(me())), 0.0);
  EXPECT_EQ(max(world(), static_cast<double>(me())), static_cast<double>(ranks() - 1));
  EXPECT_EQ(exclusive_scan(world(), me() + 1), me() * (me() + 1) / 2);
  std::vector<std::uint64_t> values{1, me(), std::uint64_t{1} << 40};
  sum_in_place(world(), values);
  EXPECT_EQ(values,
            (std::vector<std::uint64_t>{ranks(), ranks() * (ranks() - 1) / 2, ranks() << 40}));
}

TEST(Collectives, BroadcastFromTheLastRankAndOfNothing) {
  const int last = world().size() - 1;
  const std::string text = world().rank() == last ? "gr\xC3\xBC\xC3\x9F" : "ignored and longer";
  EXPECT_EQ(broadcast(world(), text, last), "gr\xC3\xBC\xC3\x9F");
  EXPECT_EQ(broadcast(world(), std::string()), "");
  EXPECT_EQ(broadcast(world(), std::vector<double>{1.5, static_cast<double>(me())}),
            (std::vector<double>{1.5, 0}));
}

/// Rank r gives r elements of value r: rank 0 gives none.
TEST(Collectives, GatherVectorsOfDifferentLength) {
  const std::vector<std::uint32_t> mine(me(), static_cast<std::uint32_t>(me()));
  std::vector<std::uint32_t> values;
  std::vector<std::uint64_t> counts;
  for (std::uint32_t rank = 0; rank < ranks(); ++rank) {
    values.insert(values.end(), rank, rank);
    counts.push_back(rank);
  }
  const auto everywhere = all_gather(world(), std::span<const std::uint32_t>(mine));
  EXPECT_EQ(everywhere.values, values);
  EXPECT_EQ(everywhere.counts, counts);
  const auto at_root = gather(world(), std::span<const std::uint32_t>(mine));
  EXPECT_EQ(at_root.values, world().is_root() ? values : std::vector<std::uint32_t>());
  EXPECT_EQ(at_root.counts, world().is_root() ? counts : std::vector<std::uint64_t>());
}

/// Rank s sends r * s copies of 100 s + r to rank r.
TEST(Collectives, AllToAllDeliversEachPairItsOwnLength) {
  std::vector<int> values;
  std::vector<std::uint64_t> counts;
  for (std::uint64_t target = 0; target < ranks(); ++target) {
    counts.push_back(me() * target);
    values.insert(values.end(), me() * target, static_cast<int>(100 * me() + target));
  }
  const auto received = all_to_all(world(), std::span<const int>(values), counts);
  std::vector<int> expected;
  std::vector<std::uint64_t> expected_counts;
  for (std::uint64_t source = 0; source < ranks(); ++source) {
    expected_counts.push_back(me() * source);
    expected.insert(expected.end(), me() * source, static_cast<int>(100 * source + me()));
  }
  EXPECT_EQ(received.values, expected);
  EXPECT_EQ(received.counts, expected_counts);
}

TEST(Transfer, CutsLongMessagesAtTheLimit) {
  std::vector<std::byte> all(10 * ranks());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::byte>(i + 10 * me());
  std::vector<std::byte> got(all.size());
  std::vector<std::span<const std::byte>> outgoing;
  std::vector<std::span<std::byte>> incoming;
  for (std::size_t rank = 0; rank < ranks(); ++rank) {
    outgoing.push_back(std::span<const std::byte>(all).subspan(10 * rank, 10));
    incoming.push_back(std::span(got).subspan(10 * rank, 10));
  }
  transfer(world(), outgoing, incoming, /*limit=*/3);
  std::vector<std::byte> expected(all.size());
  for (std::size_t source = 0; source < ranks(); ++source)
    for (std::size_t i = 0; i < 10; ++i)
      expected[10 * source + i] = static_cast<std::byte>(10 * me() + i + 10 * source);
  EXPECT_EQ(got, expected);

  std::vector<std::byte> text(10, static_cast<std::byte>(world().is_root() ? 7 : 0));
  broadcast_in_pieces(world(), text, 0, /*limit=*/4);
  EXPECT_EQ(text, std::vector<std::byte>(10, std::byte{7}));
}

struct Report {
  std::string host;
  std::vector<std::uint64_t> rows;
  std::map<std::string, double> seconds;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& host& rows& seconds;
  }
  bool operator==(const Report&) const = default;
};

Report report_of(std::uint64_t rank) {
  return {"node" + std::to_string(rank),
          std::vector<std::uint64_t>(rank, rank),
          {{"score", 0.5 * static_cast<double>(rank)}}};
}

TEST(Message, CarriesAStructAndGathersOnePerRank) {
  EXPECT_EQ(broadcast_message(world(), report_of(me() + 3)), report_of(3));
  const std::vector<Report> reports = gather_messages(world(), report_of(me()));
  std::vector<Report> expected;
  for (std::uint64_t rank = 0; world().is_root() && rank < ranks(); ++rank)
    expected.push_back(report_of(rank));
  EXPECT_EQ(reports, expected);
}

TEST(Communicator, ReportsMpiErrorsInsteadOfEndingTheProcess) {
  const Communicator copy = world().duplicate();
  EXPECT_EQ(copy.rank(), world().rank());
  EXPECT_NE(copy.handle(), world().handle());
  int value = 0;
  try {
    check(MPI_Bcast(&value, 1, MPI_INT, /*root=*/-7, copy.handle()), "MPI_Bcast");
    ADD_FAILURE() << "no error";
  } catch (const core::EnvironmentError& error) {
    EXPECT_NE(std::string(error.what()).find("MPI_Bcast failed: MPI_ERR_ROOT"), std::string::npos)
        << error.what();
  }
}

TEST(Communicator, KnowsTheRanksOfThisMachine) {
  const NodePlace place = node_place(world());
  EXPECT_EQ(place.rank, world().rank());
  EXPECT_EQ(place.size, world().size());
}

}  // namespace
}  // namespace winnow::mpi
