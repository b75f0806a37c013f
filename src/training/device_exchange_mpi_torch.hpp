#pragma once

#include <memory>

#include <ATen/core/Tensor.h>

#include "mpi/communicator.hpp"

namespace winnow::training {

/// Sums and copies of tensors between the ranks' devices, beside the computation. Each rank begins
/// the same ones in the same order; the tensors, float32 and contiguous, stay untouched until
/// wait().
class DeviceExchange {
 public:
  virtual ~DeviceExchange() = default;
  /// Of what the device has computed so far: the sum over the ranks, in whatever order is fastest,
  /// comes to stand at the owner; elsewhere `values` are undefined.
  virtual void reduce(const at::Tensor& values, int owner) = 0;
  /// The owner's `values` come to stand on all ranks.
  virtual void broadcast(const at::Tensor& values, int owner) = 0;
  /// Called from time to time while the device computes.
  virtual void progress() = 0;
  /// What the device computes from here on finds all of it done.
  virtual void wait() = 0;
};

/// Collective. By MPI on the CPU, by NCCL on CUDA, where each rank has a device of its own.
/// @throws core::EnvironmentError on all ranks where NCCL cannot be used, or where this build has
/// none
[[nodiscard]] std::unique_ptr<DeviceExchange> open_device_exchange(
    const mpi::Communicator& communicator, const at::Device& device);

/// Collective. The one of CUDA devices.
[[nodiscard]] std::unique_ptr<DeviceExchange> open_nccl_exchange(
    const mpi::Communicator& communicator, const at::Device& device);

}  // namespace winnow::training
