#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "pipeline/checkpoints.hpp"
#include "pipeline/finetune_job.hpp"
#include "training/fine_tuning_mpi.hpp"

namespace winnow::pipeline {

/// The folders that a training leaves in the end: checkpoints/final, a whole model; with LoRA
/// checkpoints/adapter beside it, or alone. By root alone.
class FinetuneResults {
 public:
  /// Both live longer than this object.
  FinetuneResults(const FinetuneJob& job, const Checkpoints& checkpoints)
      : job_(job), checkpoints_(checkpoints) {}

  [[nodiscard]] bool has_adapter() const {
    return job_.options.lora && job_.lora_save != LoraSave::merged;
  }
  [[nodiscard]] bool has_model() const {
    return !job_.options.lora || job_.lora_save != LoraSave::adapter;
  }
  /// The model where there is one, else the adapter.
  [[nodiscard]] std::filesystem::path main() const {
    return has_model() ? checkpoints_.final() : checkpoints_.adapter();
  }

  /// Whether all of them are there, made from just this.
  [[nodiscard]] bool are_sealed(const std::string& made_from) const;
  /// @throws core::EnvironmentError as FineTuning::write_model
  void write(const training::FineTuning& tuning, const std::string& made_from) const;
  /// The model, or the adapter alone, after an epoch.
  void write_epoch(const training::FineTuning& tuning, std::uint64_t epoch,
                   const std::string& made_from) const;
  /// Bytes of what stands on the disk at once, resume states apart.
  [[nodiscard]] std::uint64_t bytes(const training::FineTuning& tuning) const;

 private:
  [[nodiscard]] std::vector<std::filesystem::path> folders() const;

  const FinetuneJob& job_;
  const Checkpoints& checkpoints_;
};

/// The job's `lora` as a binding names it; an empty object without.
[[nodiscard]] nlohmann::ordered_json lora_binding(const FinetuneJob& job);

}  // namespace winnow::pipeline
