#include <cuda_runtime_api.h>
#include <nccl.h>

#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "training/device_exchange_mpi_torch.hpp"

namespace winnow::training {
namespace {

void check(ncclResult_t result, const char* call, const at::Device& device) {
  if (result != ncclSuccess)
    throw core::EnvironmentError(fmt::format(
        "NCCL on {}: {} failed: {} ({}); expected a CUDA device of its own for each rank, or "
        "finetune.deterministic: true, which does without NCCL",
        device.str(), call, ncclGetErrorString(result), ncclGetLastError(nullptr)));
}

void check(cudaError_t result, const char* call, const at::Device& device) {
  if (result != cudaSuccess)
    throw core::EnvironmentError(
        fmt::format("{}: {} failed: {}", device.str(), call, cudaGetErrorString(result)));
}

/// What a stream has been given before it, which another one waits for.
class Event {
 public:
  explicit Event(const at::Device& device) : device_(device) {
    const c10::cuda::CUDAGuard guard(device_);
    check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "cudaEventCreate", device_);
  }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { cudaEventDestroy(event_); }

  void pass(const c10::cuda::CUDAStream& from, const c10::cuda::CUDAStream& to) const {
    check(cudaEventRecord(event_, from.stream()), "cudaEventRecord", device_);
    check(cudaStreamWaitEvent(to.stream(), event_, 0), "cudaStreamWaitEvent", device_);
  }

 private:
  at::Device device_;
  cudaEvent_t event_ = nullptr;
};

/// On a stream beside the computation's.
class NcclExchange final : public DeviceExchange {
 public:
  NcclExchange(const mpi::Communicator& communicator, const at::Device& device,
               const ncclUniqueId& id)
      : device_(device),
        stream_(c10::cuda::getStreamFromPool(/*isHighPriority=*/true, device.index())),
        event_(device) {
    const c10::cuda::CUDAGuard guard(device_);
    check(ncclCommInitRank(&communicator_, communicator.size(), id, communicator.rank()),
          "ncclCommInitRank", device_);
  }
  NcclExchange(const NcclExchange&) = delete;
  NcclExchange& operator=(const NcclExchange&) = delete;
  ~NcclExchange() override { ncclCommAbort(communicator_); }  // Waits for no rank that is lost.

  void reduce(const at::Tensor& values, int owner) override {
    const c10::cuda::CUDAGuard guard(device_);
    follow_computation();
    check(ncclReduce(values.const_data_ptr<float>(), values.mutable_data_ptr<float>(),
                     static_cast<std::size_t>(values.numel()), ncclFloat, ncclSum, owner,
                     communicator_, stream_.stream()),
          "ncclReduce", device_);
  }
  void broadcast(const at::Tensor& values, int owner) override {
    const c10::cuda::CUDAGuard guard(device_);
    follow_computation();
    check(ncclBroadcast(values.const_data_ptr<float>(), values.mutable_data_ptr<float>(),
                        static_cast<std::size_t>(values.numel()), ncclFloat, owner, communicator_,
                        stream_.stream()),
          "ncclBroadcast", device_);
  }
  void progress() override {}
  void wait() override {
    const c10::cuda::CUDAGuard guard(device_);
    event_.pass(stream_, c10::cuda::getCurrentCUDAStream(device_.index()));
    ncclResult_t result = ncclSuccess;
    check(ncclCommGetAsyncError(communicator_, &result), "ncclCommGetAsyncError", device_);
    check(result, "a sum or copy between the devices", device_);
  }

 private:
  void follow_computation() {
    event_.pass(c10::cuda::getCurrentCUDAStream(device_.index()), stream_);
  }

  at::Device device_;
  c10::cuda::CUDAStream stream_;
  Event event_;
  ncclComm_t communicator_ = nullptr;
};

}  // namespace

std::unique_ptr<DeviceExchange> open_nccl_exchange(const mpi::Communicator& communicator,
                                                   const at::Device& device) {
  std::vector<std::byte> bytes(sizeof(ncclUniqueId));
  ncclUniqueId id{};
  mpi::agree_on(communicator, [&] {
    if (communicator.is_root()) check(ncclGetUniqueId(&id), "ncclGetUniqueId", device);
  });
  std::memcpy(bytes.data(), &id, sizeof id);
  bytes = mpi::broadcast_bytes(communicator, bytes);
  std::memcpy(&id, bytes.data(), sizeof id);
  return mpi::agree_on(communicator, [&]() -> std::unique_ptr<DeviceExchange> {
    return std::make_unique<NcclExchange>(communicator, device, id);
  });
}

}  // namespace winnow::training
