#include "training/weight_update_mpi_torch.hpp"
#include "training/fixed_order_update_mpi_torch.hpp"
#include "training/overlapped_update_mpi_torch.hpp"

namespace winnow::training {

std::unique_ptr<WeightUpdate> make_weight_update(const mpi::Communicator& communicator,
                                                 Parameters& parameters,
                                                 const TrainingOptions& options) {
  if (options.deterministic)
    return std::make_unique<FixedOrderUpdate>(communicator, parameters, options);
  return std::make_unique<OverlappedUpdate>(communicator, parameters, options);
}

}  // namespace winnow::training
