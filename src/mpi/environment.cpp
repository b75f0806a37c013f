#include "mpi/environment.hpp"

#include <mpi.h>

#include <cstdlib>
#include <exception>

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/communicator.hpp"

namespace winnow::mpi {

Environment::Environment(int& argc, char**& argv)
    : exceptions_at_start_(std::uncaught_exceptions()) {
  // For shared file pointers, which winnow does not use, Open MPI's `lockedfile` prints the path of
  // every file that is opened into 256 bytes, and a longer one ends the process.
  ::setenv("OMPI_MCA_sharedfp", "^lockedfile", 0);
  int provided = MPI_THREAD_SINGLE;
  check(MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided), "MPI_Init_thread");
  if (provided < MPI_THREAD_MULTIPLE) {
    MPI_Finalize();
    throw core::EnvironmentError(fmt::format(
        "MPI: this installation grants thread level {}, expected MPI_THREAD_MULTIPLE ({})",
        provided, MPI_THREAD_MULTIPLE));
  }
}

Environment::~Environment() {
  if (std::uncaught_exceptions() <= exceptions_at_start_) MPI_Finalize();
}

void Environment::abort(int exit_code) {
  MPI_Abort(MPI_COMM_WORLD, exit_code);
  std::_Exit(exit_code);
}

}  // namespace winnow::mpi
