#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iosfwd>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::core {

using Clock = std::function<std::chrono::steady_clock::time_point()>;
[[nodiscard]] Clock steady_clock();

struct LogOptions {
  int rank = 0;
  int ranks = 1;
  bool is_terminal = false;                   ///< `screen` can redraw a line
  std::optional<std::filesystem::path> file;  ///< lines are also appended here
};

/// Lines "[  12.3s] [rank 1/4] score: message" on a screen and in a file; the rank only where there
/// are several. Thread-safe. Losing a log line (disk full) is no error of the run.
class Log {
 public:
  /// @throws EnvironmentError if the file cannot be opened.
  Log(std::ostream& screen, const LogOptions& options, Clock clock = steady_clock());

  void write(std::string_view stage, std::string_view message);

  [[nodiscard]] bool is_terminal() const { return is_terminal_; }
  [[nodiscard]] const Clock& clock() const { return clock_; }
  /// Shows a line under the others that the next one replaces; empty removes it. Only on a
  /// terminal.
  void show_status(std::string_view line);

 private:
  std::ostream& screen_;
  std::ofstream file_;
  std::string rank_tag_;
  bool is_terminal_;
  Clock clock_;
  std::chrono::steady_clock::time_point start_;
  std::mutex mutex_;
  std::string status_line_;
};

}  // namespace winnow::core
