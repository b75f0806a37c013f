#include <sys/mount.h>
#include <sys/resource.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <numeric>
#include <optional>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "store/sample_files.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::store {
namespace {

/// One temporary folder for all ranks; it is removed after all have left.
class SharedFolder {
 public:
  SharedFolder() {
    if (world.is_root()) folder_.emplace();
    path_ = mpi::broadcast(world, folder_ ? folder_->path().string() : std::string());
  }
  ~SharedFolder() { mpi::barrier(world); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  mpi::Communicator world = mpi::Communicator::world();

 private:
  std::optional<test::TemporaryFolder> folder_;
  std::filesystem::path path_;
};

using Write = void (*)(const mpi::Communicator&, const std::filesystem::path&, std::uint64_t);

/// What all ranks wrote together, byte for byte what one rank writes alone.
void expect_same_bytes(Write write, std::uint64_t rows) {
  const SharedFolder folder;
  const auto together = folder.path() / "together.h5";
  const auto alone = folder.path() / "alone.h5";
  write(folder.world, together, rows);
  if (!folder.world.is_root()) return;
  write(mpi::Communicator::self(), alone, rows);
  EXPECT_EQ(core::hash_file(together.string()), core::hash_file(alone.string())) << rows << " rows";
  EXPECT_FALSE(std::filesystem::exists(together.string() + ".tmp"));
}

TEST(ParallelFile, HasTheSameBytesForEveryRankCount) {
  for (const std::uint64_t rows : {0U, 1U, 5U, 1003U}) {
    expect_same_bytes(test::write_sample_index, rows);
    expect_same_bytes(test::write_sample_scores, rows);
  }
}

TEST(ScoreFile, IsReadBackByEveryRankInItsOwnRows) {
  const SharedFolder folder;
  const std::uint64_t rows = 101;
  test::write_sample_scores(folder.world, folder.path() / "scores.h5", rows);
  const core::RowRange mine = test::sample_shape(folder.world, rows).mine;
  const test::SampleColumns expected(mine);
  const ScoreFileReader file(folder.path() / "scores.h5");
  EXPECT_EQ(file.rows(), rows);
  EXPECT_EQ(file.scorers(), (std::vector<std::string>{"imported", "smollm2", "tagger", "turns"}));
  const RowTable table = file.read_rows(mine);
  EXPECT_EQ(table.byte_offset, expected.byte_offset);
  EXPECT_EQ(table.hash, expected.hash);
  EXPECT_EQ(table.turns, expected.turns);
  EXPECT_EQ(table.id, expected.id);
  const auto score = file.read_score("smollm2", "ifd_ppl", mine);
  EXPECT_EQ(score.status, expected.status);
  EXPECT_EQ(std::memcmp(score.values.data(), expected.ifd_ppl.data(), 8 * mine.size()), 0);
  EXPECT_EQ(file.read_counts("smollm2", "n_tokens", mine), expected.n_tokens);
  EXPECT_EQ(file.embedding_dimension("smollm2"), 3U);
  EXPECT_EQ(file.read_embeddings("smollm2", mine), expected.embeddings);
  EXPECT_EQ(file.embedding_dimension("turns"), 2U);
  const std::vector<float> halves = file.read_embeddings("turns", mine);
  ASSERT_EQ(halves.size(), expected.halves.size());
  for (std::size_t i = 0; i < halves.size(); ++i)
    EXPECT_EQ(core::to_half(halves[i]), expected.halves[i]);
  EXPECT_EQ(file.embedding_dimension("imported"), 0U);
  const auto turns = file.read_turns("turns", "evol_quality", mine);
  EXPECT_EQ(turns.row_offsets.size(), mine.size() + 1);
  EXPECT_EQ(turns.row_offsets.back(), expected.turn_value.size());
  EXPECT_EQ(turns.scores.status, expected.turn_status);
  EXPECT_EQ(std::memcmp(turns.scores.values.data(), expected.turn_value.data(),
                        8 * expected.turn_value.size()),
            0);
  const auto tags = file.read_tags("tagger", mine);
  EXPECT_EQ(tags.tags, expected.tags);
  EXPECT_EQ(tags.row_offsets.size(), mine.size() + 1);
  for (std::size_t row = 0; row < mine.size(); ++row)
    EXPECT_EQ(tags.row_offsets[row + 1] - tags.row_offsets[row], expected.tag_counts[row]);
  EXPECT_TRUE(file.has_tags("tagger"));
  EXPECT_FALSE(file.has_tags("turns"));
  EXPECT_EQ(file.tag_count("tagger"), 5U);
  EXPECT_EQ(file.tag_names("tagger"), test::SampleColumns::tag_names());
  EXPECT_EQ(file.read_score("imported", "rating", mine).status, expected.rating_status);
  EXPECT_TRUE(file.has("smollm2", "ifd_loss"));
  EXPECT_FALSE(file.has("imported", "ifd_loss"));
}

TEST(ScoreFile, RefusesTagsWithoutAName) {
  const SharedFolder folder;
  const auto path = folder.path() / "scores.h5";
  const std::vector<std::uint32_t> tags{0, 7};
  const std::vector<std::uint64_t> offsets{0, 2}, rows_with_tag{1, 1};
  ParallelFile file(folder.world, path, kind::kScores);
  file.create_group("/rows", {{"rows", std::uint64_t{1}}});
  file.create_group("/tags");
  file.create_group("/tags/x");
  file.write_replicated("/tags/x/tag", std::span(tags));
  file.write_replicated("/tags/x/row_offsets", std::span(offsets));
  file.write_replicated("/tags/x/rows_with_tag", std::span(rows_with_tag));
  file.finish();
  try {
    static_cast<void>(ScoreFileReader(path).read_tags("x", {0, 1}));
    ADD_FAILURE() << "expected an error";
  } catch (const core::ModelError& error) {
    EXPECT_EQ(error.what(), path.string() + ": /tags/x/tag holds 7, expected places among 2 names");
  }
}

/// Runs `write`, which must fail alike on all ranks, and returns the message; afterwards nothing
/// stands in the folder.
template <class Error, class Work>
std::string message_of(const std::filesystem::path& folder, Work&& work) {
  std::string message = "no error";
  try {
    work();
  } catch (const Error& error) {
    if (dynamic_cast<const mpi::Agreed*>(&error) != nullptr) message = error.what();
  }
  mpi::barrier(mpi::Communicator::world());
  std::error_code ignored;
  EXPECT_FALSE(std::filesystem::exists(folder / "a.h5", ignored)) << message;
  EXPECT_FALSE(std::filesystem::exists(folder / "a.h5.tmp", ignored)) << message;
  return message;
}

TEST(ParallelFile, SaysWhyAFileCannotBeMade) {
  const SharedFolder folder;
  const auto message = message_of<core::EnvironmentError>(folder.path(), [&] {
    const ParallelFile file(folder.world, folder.path() / "missing" / "a.h5", "scores");
  });
  EXPECT_NE(message.find("missing/a.h5.tmp: cannot create the file: No such file or directory"),
            std::string::npos)
      << message;
}

TEST(ParallelFile, LeavesNothingWhenItIsGivenUp) {
  const SharedFolder folder;
  {
    ParallelFile file(folder.world, folder.path() / "a.h5", "scores");
    file.create_matrix<float>("/x", 5, 2);
  }
  mpi::barrier(folder.world);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(ParallelFile, RefusesToFinishWithRowsMissingOrOneTooManyValues) {
  const SharedFolder folder;
  const auto missing = message_of<core::InternalError>(folder.path(), [&] {
    ParallelFile file(folder.world, folder.path() / "a.h5", "scores");
    file.create_matrix<float>("/x", 5, 2);
    file.write_matrix_rows<float>("/x", {}, {});
    file.finish();
  });
  EXPECT_EQ(missing, "broken invariant: every row of /x is written once");
  const auto too_many = message_of<core::InternalError>(folder.path(), [&] {
    ParallelFile file(folder.world, folder.path() / "a.h5", "scores");
    file.write_replicated<double>("/x", {});
    const std::vector<double> values{1, 2};
    const bool is_last = folder.world.rank() == folder.world.size() - 1;
    file.write_rows<double>("/y", 1, is_last ? core::RowRange{0, 1} : core::RowRange{},
                            is_last ? std::span(values) : std::span(values).first(0));
  });
  EXPECT_EQ(too_many, "broken invariant: a slab has as many values as its rows need");
}

TEST(ScoreFile, RefusesANumberBesideAStatusThatDeniesIt) {
  const SharedFolder folder;
  const auto message = message_of<core::InternalError>(folder.path(), [&] {
    const RowsShape shape{1, folder.world.is_root() ? core::RowRange{0, 1} : core::RowRange{}};
    ScoreFileWriter file(folder.world, folder.path() / "a.h5", shape);
    file.begin_scorer({.name = "m"});
    const std::vector<double> value{3.0};
    const std::vector<core::ScoreStatus> status{core::ScoreStatus::empty_answer};
    file.write_score({"rating", "", "", "", "", std::span(value).first(shape.mine.size()),
                      std::span(status).first(shape.mine.size())});
  });
  EXPECT_EQ(message, "/scores/m/rating: value 0 of this rank is 3 with status empty_answer");
}

/// Writes 40,000 bytes (and reserves 64 KiB) and returns the message of the error that must come.
std::string write_onto_full_disk(const SharedFolder& folder, const std::filesystem::path& target) {
  return message_of<core::EnvironmentError>(target, [&] {
    const RowsShape shape = test::sample_shape(folder.world, 5000);
    std::vector<double> values(shape.mine.size());
    std::iota(values.begin(), values.end(), static_cast<double>(shape.mine.begin));
    ParallelFile file(folder.world, target / "a.h5", "scores");
    file.write_rows<double>("/x", shape.rows, shape.mine, values);
    file.finish();
  });
}

TEST(ParallelFile, NeverPublishesMoreThanTheProcessMayWrite) {
  const SharedFolder folder;
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  for (const rlim_t bytes : {0U, 5000U, 70000U, 100000U}) {
    rlimit limit = before;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
    const std::string message = write_onto_full_disk(folder, folder.path());
    setrlimit(RLIMIT_FSIZE, &before);
    EXPECT_NE(message.find("a.h5.tmp: needs "), std::string::npos) << bytes << ": " << message;
  }
}

TEST(ParallelFile, NeverPublishesFromARealFileSystemThatIsFull) {
  const SharedFolder folder;
  const auto disk = folder.path() / "disk";
  bool is_mounted = true;
  for (const int kilobytes : {4, 8, 16, 32, 64, 72, 80, 100}) {
    if (folder.world.is_root()) {
      std::filesystem::create_directory(disk);
      is_mounted = ::mount("tmpfs", disk.c_str(), "tmpfs", 0,
                           ("size=" + std::to_string(kilobytes) + "k").c_str()) == 0;
    }
    is_mounted = mpi::min(folder.world, std::uint64_t{is_mounted}) == 1;
    if (!is_mounted) break;
    const std::string message = write_onto_full_disk(folder, disk);
    EXPECT_NE(message.find("a.h5.tmp: cannot reserve "), std::string::npos)
        << kilobytes << ": " << message;
    mpi::barrier(folder.world);
    if (folder.world.is_root()) {
      // The file given up is still open, as long as this process lives.
      EXPECT_EQ(::umount2(disk.c_str(), MNT_DETACH), 0);
    }
  }
  if (!is_mounted) GTEST_SKIP() << "no right to mount a tmpfs here";
}

}  // namespace
}  // namespace winnow::store
