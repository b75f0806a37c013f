#include "core/durable_file.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::core {
namespace {

TEST(DurableFile, PublishesWholeFilesAndReadsThemBack) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "a.txt";
  write_file(path, "one");
  write_file(path, "two");
  EXPECT_EQ(read_file(path, 100), "two");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "a.txt.tmp"));
}

TEST(DurableFile, NamesThePathWhenTheFolderIsMissing) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "missing" / "a.txt";
  try {
    write_file(path, "x");
    FAIL();
  } catch (const EnvironmentError& error) {
    EXPECT_NE(std::string(error.what()).find("missing/a.txt"), std::string::npos);
    EXPECT_EQ(error.code(), ExitCode::environment);
  }
}

TEST(DurableFile, SaysThatTheDiskIsFull) {
  OutputFile full("/dev/full", /*exclusive=*/false);
  EXPECT_THROW(full.write("x"), EnvironmentError);
}

TEST(ReadFile, RefusesAFolderAndAFileAboveTheLimit) {
  const test::TemporaryFolder folder;
  write_file(folder.path() / "a", "12345");
  EXPECT_THROW((void)read_file(folder.path(), 10), EnvironmentError);
  EXPECT_THROW((void)read_file(folder.path() / "a", 4), EnvironmentError);
}

}  // namespace
}  // namespace winnow::core
