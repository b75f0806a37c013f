#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace winnow::pipeline {

/// A folder on local disk for copies of models' weights.
struct WeightsStage {
  std::filesystem::path folder;
  std::function<void()> look;                    ///< often called; throws to stop the work
  std::function<void(const std::string&)> note;  ///< takes a line for the log

  /// Where the copy of weights stands: one name for each user and fingerprint.
  [[nodiscard]] std::filesystem::path copy_of(const std::string& fingerprint) const;
};

/// Sees to a copy of the model's weights in the stage. One process at a time, by a lock beside the
/// copy, looks at it: one that is the user's own and whose files have the sizes of the model's and
/// its fingerprint stays (files that look as they did when they were hashed are not read again).
/// Any other is made again, on disk before it has its name; what a killed copy left is removed.
/// @throws core::EnvironmentError where it does not fit, cannot be written or does not become equal
void provide_copy(const WeightsStage& stage, const std::filesystem::path& model,
                  const std::string& fingerprint);

}  // namespace winnow::pipeline
