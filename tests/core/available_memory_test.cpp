#include "core/available_memory.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "support/temporary_folder.hpp"

namespace winnow::core {
namespace {

class AvailableMemory : public ::testing::Test {
 protected:
  void write(const std::string& file, const std::string& text) {
    const std::filesystem::path path = root_.path() / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  void write_group(const std::string& group, const std::string& limit, const std::string& used) {
    write(group + "/memory.max", limit + "\n");
    write(group + "/memory.current", used + "\n");
    write(group + "/memory.stat", "anon 5\nactive_file 7\ninactive_file 30\n");
  }
  std::optional<std::uint64_t> found() { return available_memory(root_.path()); }

  const test::TemporaryFolder root_;
};

TEST_F(AvailableMemory, IsUnknownWhereNothingSaysSo) { EXPECT_FALSE(found()); }

TEST_F(AvailableMemory, IsWhatTheMachineHasLeft) {
  write("proc/meminfo", "MemTotal:   900 kB\nMemFree:  1 kB\nMemAvailable:     700 kB\n");
  EXPECT_EQ(found(), 700U * 1024);
}

TEST_F(AvailableMemory, IsBoundedByTheGroupAndThoseAboveIt) {
  write("proc/meminfo", "MemAvailable: 700 kB\n");
  write("proc/self/cgroup", "0::/slurm/job_7/step_0\n");
  write_group("sys/fs/cgroup/slurm/job_7/step_0", "max", "200");
  EXPECT_EQ(found(), 700U * 1024);
  write_group("sys/fs/cgroup/slurm/job_7", "1000", "230");
  EXPECT_EQ(found(), 800U) << "cached files can be dropped";
  write_group("sys/fs/cgroup/slurm", "500", "130");
  EXPECT_EQ(found(), 400U);
  write_group("sys/fs/cgroup", "100", "900");
  EXPECT_EQ(found(), 0U);
}

TEST_F(AvailableMemory, KnowsTheFirstVersionOfGroups) {
  write("proc/meminfo", "MemAvailable: 700 kB\n");
  write("proc/self/cgroup", "4:cpu,cpuacct:/other\n3:memory:/job_7\n0::/\n");
  write("sys/fs/cgroup/memory/job_7/memory.limit_in_bytes", "1000\n");
  write("sys/fs/cgroup/memory/job_7/memory.usage_in_bytes", "600\n");
  write("sys/fs/cgroup/memory/job_7/memory.stat", "inactive_file 1\ntotal_inactive_file 100\n");
  EXPECT_EQ(found(), 500U);
}

TEST(AvailableMemoryHere, IsKnown) { EXPECT_GT(available_memory().value_or(0), 0U); }

}  // namespace
}  // namespace winnow::core
