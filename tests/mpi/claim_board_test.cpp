#include "mpi/claim_board.hpp"

#include <gtest/gtest.h>

#include "mpi/device.hpp"

namespace winnow::mpi {
namespace {

TEST(ClaimBoard, GivesTheOwnShardInOrderThenTheEndOfTheFullestOne) {
  ClaimBoard board(std::vector<bool>(7, false), 3);  // shards 0-2, 3-4, 5-6
  EXPECT_EQ(board.take(2), 5);
  EXPECT_EQ(board.take(2), 6);
  EXPECT_EQ(board.take(2), 2);
  EXPECT_EQ(board.take(2), 1);
  EXPECT_EQ(board.take(2), 4);
  EXPECT_EQ(board.take(0), 0);
  EXPECT_EQ(board.take(0), 3);
  EXPECT_EQ(board.take(1), std::nullopt);
}

TEST(ClaimBoard, SkipsWhatIsDoneAndSharesOnlyTheRest) {
  ClaimBoard board({true, true, true, true, false, true, false}, 2);
  EXPECT_EQ(board.take(1), 6);
  EXPECT_EQ(board.take(0), 4);
  EXPECT_EQ(board.take(0), std::nullopt);
}

TEST(ClaimBoard, GivesNothingAfterStop) {
  ClaimBoard board(std::vector<bool>(100, false), 2);
  EXPECT_EQ(board.take(0), 0);
  board.stop();
  EXPECT_EQ(board.take(0), std::nullopt);
  EXPECT_EQ(board.take(1), std::nullopt);
}

TEST(DeviceOf, GivesTheDevicesOfAMachineInTurn) {
  EXPECT_EQ(device_of(0, 0), std::nullopt);
  EXPECT_EQ(device_of(3, 4), 3);
  EXPECT_EQ(device_of(5, 4), 1);
}

}  // namespace
}  // namespace winnow::mpi
