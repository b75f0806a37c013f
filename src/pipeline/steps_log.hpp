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

  /// @param epoch  from 1
  void write(const training::StepReport& report, std::uint64_t epoch, double seconds);

 private:
  std::optional<core::OutputFile> file_;
};

/// The loss of the last line; nothing where there is none.
[[nodiscard]] std::optional<double> last_loss(const std::filesystem::path& path);

}  // namespace winnow::pipeline
