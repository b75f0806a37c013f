#include "core/progress.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace winnow::core {
namespace {

using namespace std::chrono_literals;

constexpr auto kLinePause = 30s;
constexpr auto kBarPause = 100ms;
constexpr std::size_t kBarWidth = 24;

/// "1:05" or "2:03:09".
std::string format_duration(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  const std::uint64_t hours = whole / 3600;
  const std::uint64_t minutes = whole / 60 % 60;
  if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60);
  return fmt::format("{}:{:02}", minutes, whole % 60);
}

std::string format_rate(double rate) {
  return rate < 10 ? fmt::format("{:.2f}", rate) : fmt::format("{:.0f}", rate);
}

}  // namespace

Progress::Progress(Log& log, std::string stage, std::string unit, std::uint64_t total,
                   std::uint64_t already_done)
    : log_(log),
      stage_(std::move(stage)),
      unit_(std::move(unit)),
      total_(total),
      done_before_(already_done),
      start_(log.clock()()),
      done_(already_done),
      last_shown_(start_) {}

Progress::~Progress() { log_.show_status(""); }

void Progress::advance(std::uint64_t count) {
  const auto now = log_.clock()();
  const std::scoped_lock lock(mutex_);
  done_ += count;
  if (now - last_shown_ <
      (log_.is_terminal() ? std::chrono::steady_clock::duration(kBarPause) : kLinePause))
    return;
  last_shown_ = now;
  if (log_.is_terminal())
    log_.show_status(fmt::format("{} {}", stage_, describe(now)));
  else
    log_.write(stage_, describe(now));
}

void Progress::finish() {
  const auto now = log_.clock()();
  const std::scoped_lock lock(mutex_);
  log_.show_status("");
  log_.write(stage_,
             fmt::format("{} {} in {} ({} {}/s)", done_ - done_before_, unit_,
                         format_duration(std::chrono::duration<double>(now - start_).count()),
                         format_rate(rate(now)), unit_));
}

double Progress::rate(std::chrono::steady_clock::time_point now) const {
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  return elapsed > 0 ? static_cast<double>(done_ - done_before_) / elapsed : 0;
}

std::string Progress::describe(std::chrono::steady_clock::time_point now) const {
  const double share =
      total_ == 0 ? 1 : std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
  std::string text;
  if (log_.is_terminal()) {
    const auto filled = static_cast<std::size_t>(share * kBarWidth);
    text = fmt::format("[{}{}] ", std::string(filled, '#'), std::string(kBarWidth - filled, '.'));
  }
  const double speed = rate(now);
  text += fmt::format("{:.0f}%  {}/{} {}  {} {}/s", std::floor(100 * share), done_, total_, unit_,
                      format_rate(speed), unit_);
  if (speed > 0 && done_ < total_)
    text += fmt::format("  ETA {}", format_duration(static_cast<double>(total_ - done_) / speed));
  return text;
}

}  // namespace winnow::core
