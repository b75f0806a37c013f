#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

#include "core/log.hpp"

namespace winnow::core {

/// How far a stage is, its rate and when it will end: a bar on a terminal, a log line every 30 s
/// elsewhere. Thread-safe.
class Progress {
 public:
  /// @param unit   what is counted, in the plural ("rows")
  /// @param already_done  of `total`, from an earlier run; does not count for the rate
  Progress(Log& log, std::string stage, std::string unit, std::uint64_t total,
           std::uint64_t already_done = 0);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance(std::uint64_t count);
  /// Removes the bar and logs one closing line.
  void finish();

 private:
  [[nodiscard]] std::string describe(std::chrono::steady_clock::time_point now) const;
  [[nodiscard]] double rate(std::chrono::steady_clock::time_point now) const;

  Log& log_;
  std::string stage_;
  std::string unit_;
  std::uint64_t total_;
  std::uint64_t done_before_;
  std::chrono::steady_clock::time_point start_;
  std::mutex mutex_;
  std::uint64_t done_;
  std::chrono::steady_clock::time_point last_shown_;
};

}  // namespace winnow::core
