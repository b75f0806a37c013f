#include "core/log.hpp"

#include <cerrno>
#include <cstring>
#include <ostream>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::core {
namespace {

constexpr std::string_view kEraseLine = "\r\x1b[K";

}  // namespace

Clock steady_clock() {
  return [] { return std::chrono::steady_clock::now(); };
}

Log::Log(std::ostream& screen, const LogOptions& options, Clock clock)
    : screen_(screen),
      rank_tag_(options.ranks > 1 ? fmt::format("[rank {}/{}] ", options.rank, options.ranks) : ""),
      is_terminal_(options.is_terminal),
      clock_(std::move(clock)),
      start_(clock_()) {
  if (!options.file) return;
  file_.open(*options.file, std::ios::app);
  if (!file_)
    throw EnvironmentError(
        fmt::format("{}: cannot open the log: {}", options.file->string(), std::strerror(errno)));
}

void Log::write(std::string_view stage, std::string_view message) {
  const double elapsed = std::chrono::duration<double>(clock_() - start_).count();
  const std::string line =
      fmt::format("[{:8.1f}s] {}{}: {}\n", elapsed, rank_tag_, stage, one_line(message));
  const std::scoped_lock lock(mutex_);
  if (!status_line_.empty()) screen_ << kEraseLine;
  screen_ << line << status_line_ << std::flush;
  if (file_.is_open()) file_ << line << std::flush;
}

void Log::show_status(std::string_view line) {
  if (!is_terminal_) return;
  const std::scoped_lock lock(mutex_);
  if (line.empty() && status_line_.empty()) return;
  status_line_ = line;
  screen_ << kEraseLine << status_line_ << std::flush;
}

}  // namespace winnow::core
