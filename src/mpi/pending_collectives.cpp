#include "mpi/pending_collectives.hpp"

#include "core/checked_cast.hpp"

namespace winnow::mpi {

void PendingCollectives::reduce(std::span<float> values, int owner) {
  const bool is_owner = communicator_.rank() == owner;
  check(MPI_Ireduce(is_owner ? MPI_IN_PLACE : values.data(), is_owner ? values.data() : nullptr,
                    core::checked_cast<int>(values.size()), MPI_FLOAT, MPI_SUM, owner,
                    communicator_.handle(), &requests_.emplace_back(MPI_REQUEST_NULL)),
        "MPI_Ireduce");
}

void PendingCollectives::broadcast(std::span<float> values, int owner) {
  check(MPI_Ibcast(values.data(), core::checked_cast<int>(values.size()), MPI_FLOAT, owner,
                   communicator_.handle(), &requests_.emplace_back(MPI_REQUEST_NULL)),
        "MPI_Ibcast");
}

void PendingCollectives::progress() {
  int are_done = 0;
  check(MPI_Testall(core::checked_cast<int>(requests_.size()), requests_.data(), &are_done,
                    MPI_STATUSES_IGNORE),
        "MPI_Testall");
  if (are_done != 0) requests_.clear();
}

void PendingCollectives::wait() {
  check(
      MPI_Waitall(core::checked_cast<int>(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE),
      "MPI_Waitall");
  requests_.clear();
}

}  // namespace winnow::mpi
