#include "training/device_exchange_mpi_torch.hpp"

#include <span>

#include "mpi/pending_collectives.hpp"

namespace winnow::training {
namespace {

std::span<float> values_of(const at::Tensor& values) {
  return {values.mutable_data_ptr<float>(), static_cast<std::size_t>(values.numel())};
}

class MpiExchange final : public DeviceExchange {
 public:
  explicit MpiExchange(const mpi::Communicator& communicator) : pending_(communicator) {}

  void reduce(const at::Tensor& values, int owner) override {
    pending_.reduce(values_of(values), owner);
  }
  void broadcast(const at::Tensor& values, int owner) override {
    pending_.broadcast(values_of(values), owner);
  }
  void progress() override { pending_.progress(); }
  void wait() override { pending_.wait(); }

 private:
  mpi::PendingCollectives pending_;
};

}  // namespace

std::unique_ptr<DeviceExchange> open_device_exchange(const mpi::Communicator& communicator,
                                                     const at::Device& device) {
  if (device.is_cpu()) return std::make_unique<MpiExchange>(communicator);
  return open_nccl_exchange(communicator, device);
}

}  // namespace winnow::training
