#include "store/disk_check.hpp"

#include <gtest/gtest.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::store {
namespace {

TEST(CheckWritten, FindsBytesThatTheDiskLostOrChanged) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "a";
  const std::vector<WrittenBytes> written{{"/x", 2, 3, core::hash128("cde")},
                                          {"/y", 5, 2, core::hash128("fg")}};
  core::write_file(path, "abcdefg");
  EXPECT_NO_THROW(check_written(path, written));
  for (const char* damaged : {"abcdefX", "ab\0defg", "abcdef", ""}) {
    core::write_file(path, damaged);
    EXPECT_THROW(check_written(path, written), core::EnvironmentError) << damaged;
  }
}

TEST(ReserveSpace, SaysThatTheDiskIsTooSmall) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "a";
  core::write_file(path, "x");
  reserve_space(path, 0, 4096);
  EXPECT_EQ(std::filesystem::file_size(path), 1U);
  try {
    reserve_space(path, 0, std::uint64_t{1} << 50);
    FAIL();
  } catch (const core::EnvironmentError& error) {
    EXPECT_NE(std::string(error.what()).find("cannot reserve 1125899906842624 bytes: "),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace winnow::store
