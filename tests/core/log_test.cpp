#include "core/log.hpp"

#include <sstream>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "core/progress.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::core {
namespace {

using namespace std::chrono_literals;

/// A clock that stands still until it is moved.
struct HandClock {
  std::chrono::steady_clock::time_point now{};
  Clock clock() {
    return [this] { return now; };
  }
};

TEST(Log, WritesElapsedTimeRankStageAndMessageToScreenAndFile) {
  const test::TemporaryFolder folder;
  HandClock hand;
  std::ostringstream screen;
  const std::filesystem::path path = folder.path() / "winnow.log";
  for (int run = 0; run < 2; ++run) {
    Log log(screen, {.rank = 1, .ranks = 4, .is_terminal = false, .file = path}, hand.clock());
    hand.now += 12300ms;
    log.write("score", "two\nlines");
  }
  const std::string line = "[    12.3s] [rank 1/4] score: two\\nlines\n";
  EXPECT_EQ(screen.str(), line + line);
  EXPECT_EQ(read_file(path, 1000), line + line);
}

TEST(Log, SaysWhichFileCannotBeOpened) {
  std::ostringstream screen;
  EXPECT_THROW(
      Log(screen, {.rank = 0, .ranks = 1, .is_terminal = false, .file = "/nonexistent/log"}),
      EnvironmentError);
}

TEST(Log, PutsTheStatusLineBackUnderANewLine) {
  HandClock hand;
  std::ostringstream screen;
  Log log(screen, {.rank = 0, .ranks = 1, .is_terminal = true, .file = {}}, hand.clock());
  log.show_status("half");
  log.write("score", "note");
  EXPECT_EQ(screen.str(), "\r\x1b[Khalf\r\x1b[K[     0.0s] score: note\nhalf");
}

TEST(Progress, WritesALineEveryThirtySecondsWithRateAndEta) {
  HandClock hand;
  std::ostringstream screen;
  Log log(screen, {}, hand.clock());
  Progress progress(log, "score", "rows", 1000, /*already_done=*/100);
  hand.now += 29s;
  progress.advance(100);
  EXPECT_EQ(screen.str(), "");
  hand.now += 1s;
  progress.advance(200);
  EXPECT_EQ(screen.str(), "[    30.0s] score: 40%  400/1000 rows  10 rows/s  ETA 1:00\n");
  hand.now += 60s;
  progress.advance(600);
  progress.finish();
  EXPECT_EQ(screen.str().substr(screen.str().find('\n') + 1),
            "[    90.0s] score: 100%  1000/1000 rows  10 rows/s\n[    90.0s] score: 900 rows in "
            "1:30 (10 rows/s)\n");
}

TEST(Progress, DrawsABarOnATerminalAndRemovesIt) {
  HandClock hand;
  std::ostringstream screen;
  Log log(screen, {.rank = 0, .ranks = 1, .is_terminal = true, .file = {}}, hand.clock());
  {
    Progress progress(log, "index", "rows", 4);
    hand.now += 1s;
    progress.advance(1);
  }
  EXPECT_EQ(
      screen.str(),
      "\r\x1b[Kindex [######..................] 25%  1/4 rows  1.00 rows/s  ETA 0:03\r\x1b[K");
}

TEST(Progress, CountsFromSeveralThreads) {
  HandClock hand;
  std::ostringstream screen;
  Log log(screen, {}, hand.clock());
  Progress progress(log, "score", "rows", 4000);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int j = 0; j < 1000; ++j) progress.advance(1);
      });
  }
  progress.finish();
  EXPECT_EQ(screen.str(), "[     0.0s] score: 4000 rows in 0:00 (0.00 rows/s)\n");
}

}  // namespace
}  // namespace winnow::core
