#include "selection/kmeans_mpi.hpp"

#include "selection/exchange_mpi.hpp"

namespace winnow::selection {

Clustering kmeans_mpi(const mpi::Communicator& communicator, const Vectors& rows,
                      const KMeansOptions& options, std::span<const double> initial) {
  return kmeans(rows, options, initial, exchange_of(communicator));
}

}  // namespace winnow::selection
