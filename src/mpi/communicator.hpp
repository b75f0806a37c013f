#pragma once

#include <mpi.h>

namespace winnow::mpi {

/// @throws EnvironmentError with MPI's own text when `status` is not MPI_SUCCESS; `call` is the
/// function's name.
void check(int status, const char* call);

/// A group of ranks. Either borrowed (world, self, a handle of someone else) or owned (made by
/// `duplicate`); an owned one is freed with this object, unless an exception unwinds: freeing is
/// collective and would wait for ranks that know nothing of it.
class Communicator {
 public:
  /// Borrows `handle`, which must outlive this object. Errors of calls on it are returned, not
  /// fatal.
  explicit Communicator(MPI_Comm handle);
  ~Communicator();
  Communicator(Communicator&& other) noexcept;
  Communicator& operator=(Communicator&&) = delete;
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  [[nodiscard]] static Communicator world() { return Communicator(MPI_COMM_WORLD); }
  [[nodiscard]] static Communicator self() { return Communicator(MPI_COMM_SELF); }

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int size() const { return size_; }
  [[nodiscard]] bool is_root() const { return rank_ == 0; }
  [[nodiscard]] MPI_Comm handle() const { return handle_; }

  /// Collective. The same ranks with traffic of their own.
  [[nodiscard]] Communicator duplicate() const;

 private:
  Communicator(MPI_Comm handle, bool owned);

  MPI_Comm handle_ = MPI_COMM_NULL;
  bool owned_ = false;
  int rank_ = 0;
  int size_ = 1;
  int exceptions_at_start_ = 0;
};

/// This rank among those that share its machine.
struct NodePlace {
  int rank = 0;
  int size = 1;
};

/// Collective.
[[nodiscard]] NodePlace node_place(const Communicator& communicator);

}  // namespace winnow::mpi
