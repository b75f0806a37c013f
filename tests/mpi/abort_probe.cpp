#include <cstdio>

#include "core/error.hpp"
#include "mpi/claims.hpp"
#include "mpi/collectives.hpp"
#include "mpi/environment.hpp"

/// The rank given as argument fails in the middle of a stage while the others claim, compute or
/// wait: the job must end with code 4 and this rank's line alone.
int main(int argc, char** argv) {
  using namespace winnow;
  const mpi::Environment environment(argc, argv);
  const mpi::Communicator world = mpi::Communicator::world();
  try {
    mpi::BlockClaims claims(world, std::vector<bool>(1000, false));
    std::uint64_t taken = 0;
    while (claims.next()) {
      if (++taken == 3 && std::to_string(world.rank()) == argv[1])
        throw core::EnvironmentError("the disk of this rank is full");
      if (taken == 3) break;
    }
    claims.finish();
    mpi::barrier(world);
  } catch (const core::Error& error) {
    std::fprintf(stderr, "probe: %s\n", error.what());
    mpi::Environment::abort(static_cast<int>(error.code()));
  }
}
