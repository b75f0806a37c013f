#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace winnow::pipeline {

/// What an engine's process is started with.
struct EngineCommand {
  std::vector<std::string> arguments;  ///< the first: the program
  /// NAME=value, before what of this process's own environment is neither of MPI nor named here.
  std::vector<std::string> variables;
  std::filesystem::path log;     ///< gets its output and its errors
  std::optional<int> listening;  ///< a socket that it takes over, as WINNOW_LISTENING
};

/// Another program at work for this rank. It tells what happens in lines, by the descriptor
/// WINNOW_EVENTS; it is killed when this object, or this process, ends. Signals of a terminal or of
/// mpirun do not reach it.
class EngineProcess {
 public:
  /// @throws core::EnvironmentError if it cannot be started
  explicit EngineProcess(const EngineCommand& command);
  ~EngineProcess();
  EngineProcess(const EngineProcess&) = delete;
  EngineProcess& operator=(const EngineProcess&) = delete;

  /// Whole lines that it told until now, waiting up to `most` for one; none once it has ended.
  [[nodiscard]] std::vector<std::string> lines(std::chrono::milliseconds most);
  /// Its exit code, or 128 and the signal that ended it; nothing while it runs.
  [[nodiscard]] std::optional<int> status() const { return status_; }
  void ask_to_stop();
  void kill();

 private:
  pid_t process_ = -1;
  int events_ = -1;
  std::string unread_;
  std::optional<int> status_;
};

}  // namespace winnow::pipeline
