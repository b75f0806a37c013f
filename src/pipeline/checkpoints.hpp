#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace winnow::pipeline {

/// The folder that training leaves its models in, and what it needs to go on. By root alone.
class Checkpoints {
 public:
  explicit Checkpoints(std::filesystem::path folder) : folder_(std::move(folder)) {}

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  /// The model after the last step.
  [[nodiscard]] std::filesystem::path final() const { return folder_ / "final"; }
  /// The adapter after the last step, of LoRA.
  [[nodiscard]] std::filesystem::path adapter() const { return folder_ / "adapter"; }
  /// The model after an epoch, from 1.
  [[nodiscard]] std::filesystem::path epoch(std::uint64_t epoch) const;
  [[nodiscard]] std::filesystem::path resume(std::uint64_t steps) const;
  /// What the model said of pairs before its first step, and the journal while that is formed.
  [[nodiscard]] std::filesystem::path reference() const { return folder_ / "reference.h5"; }
  [[nodiscard]] std::filesystem::path reference_journal() const { return folder_ / "reference"; }
  /// What another engine than winnow's own works in.
  [[nodiscard]] std::filesystem::path engine() const { return folder_ / "torchrun"; }
  [[nodiscard]] std::filesystem::path engine_states() const { return engine() / "states"; }

  /// Something was formed, or there is a state to go on from.
  [[nodiscard]] bool are_begun() const;

  /// Resume states, the newest first.
  [[nodiscard]] std::vector<std::filesystem::path> resume_states() const;
  /// Removes all but the newest `keep` of them, and what a killed process left unfinished.
  void drop_resume_states(std::uint64_t keep) const;
  /// Removes the models of all epochs but the newest `keep`.
  void drop_epochs(std::uint64_t keep) const;

  /// Removes every model, but not the seals of the last: by them it is told what was made.
  void drop_models() const;

  /// @throws core::EnvironmentError naming both amounts, where the disk has no room for `bytes` in
  /// place of what the folder holds now
  void expect_room(std::uint64_t bytes) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace winnow::pipeline
