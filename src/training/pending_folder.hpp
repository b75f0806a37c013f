#pragma once

#include <filesystem>

namespace winnow::training {

/// A folder on its way: made aside, under a hidden name. Without publish() it is removed with this
/// object; what an earlier process left there is removed before.
class PendingFolder {
 public:
  /// @throws core::EnvironmentError
  explicit PendingFolder(std::filesystem::path target);
  ~PendingFolder();
  PendingFolder(const PendingFolder&) = delete;
  PendingFolder& operator=(const PendingFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Renames it to the target, in whose place nothing stays. @throws core::EnvironmentError
  void publish();

 private:
  std::filesystem::path target_;
  std::filesystem::path path_;
  bool is_published_ = false;
};

/// Where a folder of this name is made aside.
[[nodiscard]] std::filesystem::path pending_path(const std::filesystem::path& target);

/// Removes a folder and all that is in it. @throws core::EnvironmentError
void remove_folder(const std::filesystem::path& folder);

}  // namespace winnow::training
