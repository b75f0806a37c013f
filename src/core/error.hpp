#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace winnow::core {

/// What the process returns; scripts rely on these numbers (docs/errors.md).
enum class ExitCode : int {
  ok = 0,
  usage = 2,  ///< what the user wrote: flags, job file, a run folder of another job or data file
  data = 3,   ///< missing or malformed data, too few eligible rows for the budget
  environment = 4,  ///< disk, permissions, MPI
  model = 5,        ///< model or run folder missing or damaged
  api = 6,
  undefined = 7,  ///< finished, but too many scores are undefined
  watchdog = 8,
  internal = 70,     ///< our own bug
  interrupted = 75,  ///< stopped on request; the same command goes on
};

/// Root of everything winnow throws on purpose. The message is one sentence: what, where, expected,
/// got.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] ExitCode code() const noexcept { return code_; }

 private:
  ExitCode code_;
};

struct UsageError : Error {
  explicit UsageError(const std::string& message) : Error(ExitCode::usage, message) {}
};
struct DataError : Error {
  explicit DataError(const std::string& message) : Error(ExitCode::data, message) {}
};
struct EnvironmentError : Error {
  explicit EnvironmentError(const std::string& message) : Error(ExitCode::environment, message) {}
};
struct ModelError : Error {
  explicit ModelError(const std::string& message) : Error(ExitCode::model, message) {}
};
struct InternalError : Error {
  explicit InternalError(const std::string& message) : Error(ExitCode::internal, message) {}
};
struct Interrupted : Error {
  explicit Interrupted(const std::string& message) : Error(ExitCode::interrupted, message) {}
};

/// Throws InternalError when `condition` is false: for invariants of our own code, never for input.
inline void check(bool condition, const char* what) {
  if (!condition) throw InternalError(std::string("broken invariant: ") + what);
}

/// `message` as one printable line: control characters escaped, invalid UTF-8 bytes as \xHH, at
/// most 1,000 bytes.
[[nodiscard]] std::string one_line(std::string_view message);

}  // namespace winnow::core
