#include "model/pass_clock_torch.hpp"

#include <stdexcept>

#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <gtest/gtest.h>

namespace winnow::model {
namespace {

int waits = 0;

/// A device that fails the second time somebody waits for it.
struct FailingDevice final : c10::impl::NoOpDeviceGuardImpl<c10::DeviceType::PrivateUse1> {
  void synchronizeDevice(c10::DeviceIndex /*index*/) const override {
    if (++waits == 2) throw std::runtime_error("the device fell off the bus");
  }
};
C10_REGISTER_GUARD_IMPL(PrivateUse1, FailingDevice);

TEST(PassClock, OutlivesADeviceThatFailsAsAPartEnds) {
  PassClock clock(at::Device(c10::DeviceType::PrivateUse1, 0), true);
  { const auto timer = clock.time(&PassTimes::products); }
  EXPECT_EQ(waits, 2);
  EXPECT_EQ(clock.times().products, 0.0);
}

TEST(PassClock, AddsUpTheTimesOfAPart) {
  PassClock clock(at::kCPU, false);
  { const auto timer = clock.time(&PassTimes::products); }
  const double once = clock.times().products;
  { const auto timer = clock.time(&PassTimes::products); }
  EXPECT_GE(once, 0.0);
  EXPECT_GE(clock.times().products, once);
}

}  // namespace
}  // namespace winnow::model
