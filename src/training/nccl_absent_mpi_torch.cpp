#include <fmt/format.h>

#include "core/error.hpp"
#include "training/device_exchange_mpi_torch.hpp"

namespace winnow::training {

std::unique_ptr<DeviceExchange> open_nccl_exchange(const mpi::Communicator& communicator,
                                                   const at::Device& device) {
  throw core::EnvironmentError(fmt::format(
      "not supported: training on {} CUDA devices ({}) by this build, which was configured where "
      "the headers of NCCL or CUDA were missing: expected finetune.deterministic: true, which does "
      "without NCCL, or a build beside the Python packages nvidia-nccl and nvidia-cuda-crt",
      communicator.size(), device.str()));
}

}  // namespace winnow::training
