#include "store/run_lock.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <optional>

#include <gtest/gtest.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::store {
namespace {

std::string refusal(const std::filesystem::path& folder) {
  try {
    const RunLock lock(folder);
  } catch (const core::EnvironmentError& error) {
    return error.what();
  }
  return "";
}

TEST(RunLock, KeepsASecondOneOutAndSaysWhoHoldsIt) {
  const test::TemporaryFolder folder;
  const LockHolder self = LockHolder::this_process();
  {
    const RunLock lock(folder.path());
    const std::string message = refusal(folder.path());
    EXPECT_NE(message.find("host " + self.host + ", pid " + std::to_string(self.pid)),
              std::string::npos)
        << message;
    EXPECT_NE(message.find("remove " + (folder.path() / ".lock").string()), std::string::npos)
        << message;
  }
  EXPECT_EQ(refusal(folder.path()), "");
}

TEST(RunLock, IsFreeAfterItsHolderIsKilled) {
  const test::TemporaryFolder folder;
  std::array<int, 2> ready{};
  ASSERT_EQ(::pipe(ready.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const RunLock lock(folder.path());
    static_cast<void>(!::write(ready[1], "x", 1));
    while (true) ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_NE(refusal(folder.path()).find("pid " + std::to_string(child)), std::string::npos);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(refusal(folder.path()), "");
}

TEST(RunLock, NamesTheFolderThatIsMissing) {
  EXPECT_NE(refusal("/nonexistent").find("/nonexistent/.lock: cannot open"), std::string::npos);
}

TEST(LockHolder, IsReadBackFromItsNote) {
  const LockHolder self = LockHolder::this_process();
  EXPECT_GT(self.start_ticks, 0U);
  const LockHolder copy = LockHolder::parse(self.to_text());
  EXPECT_EQ(copy.to_text(), self.to_text());
  EXPECT_EQ(LockHolder::parse("\xFFgarbage").host, "");
}

TEST(LockHolder, IsGoneOnlyWhenThisMachineCanTell) {
  const LockHolder self = LockHolder::this_process();
  EXPECT_FALSE(is_gone(self, self));
  LockHolder reused_pid = self;
  reused_pid.start_ticks += 1;
  EXPECT_TRUE(is_gone(reused_pid, self));
  LockHolder before_restart = self;
  before_restart.boot_id = "other";
  EXPECT_TRUE(is_gone(before_restart, self));
  LockHolder elsewhere = self;
  elsewhere.host = "other";
  EXPECT_FALSE(is_gone(elsewhere, self));
  LockHolder requeued = self;
  elsewhere.job_id = requeued.job_id = "42";
  EXPECT_TRUE(is_gone(elsewhere, requeued));
}

}  // namespace
}  // namespace winnow::store
