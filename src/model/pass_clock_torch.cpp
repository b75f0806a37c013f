#include "model/pass_clock_torch.hpp"

#include <c10/core/impl/VirtualGuardImpl.h>

namespace winnow::model {

std::chrono::steady_clock::time_point PassClock::now(double PassTimes::*part) const {
  if (!device_.is_cpu()) {
    // Without a profile a part takes no time: products are only handed to the device.
    if (!has_parts_ && part != &PassTimes::all) return {};
    c10::impl::VirtualGuardImpl(device_.type()).synchronizeDevice(device_.index());
  }
  return std::chrono::steady_clock::now();
}

}  // namespace winnow::model
