#pragma once

namespace winnow::mpi {

/// MPI for the life of the process, with MPI_THREAD_MULTIPLE. Made before the `try` of main: while
/// an exception unwinds it must not finalize, since the other ranks would wait for ever. Works
/// without mpirun as one rank.
class Environment {
 public:
  /// @throws EnvironmentError when MPI cannot start or grants less than MPI_THREAD_MULTIPLE.
  Environment(int& argc, char**& argv);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  /// Ends every rank of the job with this exit code.
  [[noreturn]] static void abort(int exit_code);

 private:
  int exceptions_at_start_;
};

}  // namespace winnow::mpi
