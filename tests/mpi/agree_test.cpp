#include "mpi/agree.hpp"

#include <new>
#include <stdexcept>

#include <gtest/gtest.h>

#include "mpi/collectives.hpp"

namespace winnow::mpi {
namespace {

TEST(Agree, LetsEveryRankPassWhenNoneFailed) {
  const Communicator world = Communicator::world();
  agree(world, std::nullopt);
  EXPECT_EQ(agree_on(world, [&] { return world.rank() + 1; }), world.rank() + 1);
}

TEST(Agree, ThrowsTheLowestFailingRanksErrorOnEveryRank) {
  const Communicator world = Communicator::world();
  const int lowest = world.size() > 1 ? 1 : 0;
  std::string message;
  int failing_rank = -1;
  try {
    agree_on(world, [&] {
      if (world.rank() >= lowest)
        throw core::DataError("row " + std::to_string(world.rank()) + " is bad");
    });
  } catch (const core::DataError& error) {
    message = error.what();
    if (const auto* agreed = dynamic_cast<const Agreed*>(&error))
      failing_rank = agreed->failing_rank();
  }
  barrier(world);  // nobody is left behind in a collective
  EXPECT_EQ(message, "row " + std::to_string(lowest) + " is bad");
  EXPECT_EQ(failing_rank, lowest);
}

TEST(Agree, KeepsEveryCodeAndTakesForeignExceptionsForOurBug) {
  const Communicator world = Communicator::world();
  for (const auto code : {core::ExitCode::usage, core::ExitCode::data, core::ExitCode::environment,
                          core::ExitCode::model, core::ExitCode::api, core::ExitCode::undefined,
                          core::ExitCode::interrupted, core::ExitCode::internal}) {
    core::ExitCode got = core::ExitCode::ok;
    try {
      agree(world, world.is_root() ? std::optional(Failure{code, "x"}) : std::nullopt);
    } catch (const core::Error& error) {
      got = error.code();
    }
    EXPECT_EQ(got, code);
  }
  EXPECT_THROW(agree_on(world, [] { throw std::logic_error("x"); }), core::InternalError);
  EXPECT_THROW(agree_on(world, [] { throw std::bad_alloc(); }), core::EnvironmentError);
}

}  // namespace
}  // namespace winnow::mpi
