#pragma once

#include <chrono>

#include <c10/core/Device.h>

#include "model/pass_times.hpp"

namespace winnow::model {

/// Keeps a model's PassTimes.
class PassClock {
 public:
  /// @param profile  on CUDA, waits for the device at the ends of every part
  PassClock(const at::Device& device, bool profile)
      : device_(device), has_parts_(device.is_cpu() || profile) {}

  [[nodiscard]] const PassTimes& times() const { return times_; }

  /// Adds the seconds of its life to a part.
  class Timer {
   public:
    Timer(PassClock& clock, double PassTimes::*part)
        : clock_(clock), part_(part), begin_(clock.now(part)) {}
    /// A device that fails says so to whoever uses it next; the part then misses its time.
    ~Timer() {
      try {
        clock_.times_.*part_ += std::chrono::duration<double>(clock_.now(part_) - begin_).count();
      } catch (...) {
      }
    }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

   private:
    PassClock& clock_;
    double PassTimes::*part_;
    std::chrono::steady_clock::time_point begin_;
  };
  [[nodiscard]] Timer time(double PassTimes::*part) { return {*this, part}; }

 private:
  [[nodiscard]] std::chrono::steady_clock::time_point now(double PassTimes::*part) const;

  at::Device device_;
  bool has_parts_;
  PassTimes times_;
};

}  // namespace winnow::model
