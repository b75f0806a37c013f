#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "core/durable_file.hpp"
#include "training/fine_tuning_mpi.hpp"

namespace winnow::pipeline {

/// log/steps.jsonl: an object a line for each optimizer step. By root alone.
class StepsLog {
 public:
  /// Keeps the lines of the first `steps` steps; what follows will be written again.
  StepsLog(const std::filesystem::path& path, std::uint64_t steps);

  /// Of the first `steps` steps, those whose lines are there and whole.
  [[nodiscard]] std::uint64_t kept() const { return kept_; }

  /// @param epoch  from 1
  void write(const training::StepReport& report, std::uint64_t epoch, double seconds);

 private:
  std::optional<core::OutputFile> file_;
  std::uint64_t kept_ = 0;
};

/// What the steps of a log come to whose lines are whole.
struct StepsTotal {
  std::uint64_t steps = 0;
  std::uint64_t tokens = 0;  ///< that went through the model
  double seconds = 0;
  std::optional<double> last_loss;  ///< nothing where there is no step
};

[[nodiscard]] StepsTotal total_of(const std::filesystem::path& steps_log);

}  // namespace winnow::pipeline
