#include "core/journal.hpp"

#include <algorithm>
#include <fstream>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::core {
namespace {

struct Read {
  std::vector<std::string> payloads;
  std::uint64_t damaged;
  std::uint64_t torn_bytes;
  bool operator==(const Read&) const = default;
};

Read read_all(const std::filesystem::path& segment) {
  const JournalReader reader(segment);
  Read result{{}, reader.damaged(), reader.torn_bytes()};
  for (const JournalRecord& record : reader.records())
    result.payloads.push_back(read_record(segment, record));
  for (std::size_t i = 0; i < result.payloads.size(); ++i)
    EXPECT_EQ(reader.read_beginning(reader.records()[i], 2), result.payloads[i].substr(0, 2));
  return result;
}

void write_bytes(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// A segment with the payloads "one", "" and 300 bytes; ends[i] is where record i ends.
struct Sample {
  test::TemporaryFolder folder;
  std::vector<std::string> payloads{"one", "", std::string(300, 'x')};
  std::vector<std::size_t> ends{51, 99, 447};
  std::filesystem::path path = folder.path() / "000001.seg";
  std::string bytes;
  Sample() {
    JournalWriter writer(folder.path());
    for (std::size_t i = 0; i < payloads.size(); ++i) writer.append(i + 7, payloads[i]);
    bytes = read_file(path, 1000);
  }
};

TEST(Journal, ReturnsRecordsInOrderWithTheirKinds) {
  const Sample sample;
  ASSERT_EQ(sample.bytes.size(), sample.ends.back());
  const JournalReader reader(sample.path);
  ASSERT_EQ(reader.records().size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(reader.records()[i].kind, i + 7);
  EXPECT_EQ(read_all(sample.path), (Read{sample.payloads, 0, 0}));
}

TEST(Journal, KeepsEveryWholeRecordWhenCutAtAnyByte) {
  const Sample sample;
  for (std::size_t length = 0; length <= sample.bytes.size(); ++length) {
    write_bytes(sample.path, std::string_view(sample.bytes).substr(0, length));
    const auto whole = static_cast<std::size_t>(
        std::ranges::count_if(sample.ends, [&](std::size_t end) { return end <= length; }));
    const std::size_t torn = length - (whole == 0 ? 0 : sample.ends[whole - 1]);
    const std::vector<std::string> expected(
        sample.payloads.begin(), sample.payloads.begin() + static_cast<std::ptrdiff_t>(whole));
    EXPECT_EQ(read_all(sample.path), (Read{expected, 0, torn})) << "cut to " << length;
  }
}

TEST(Journal, SkipsTheDamagedRecordOnlyWhicheverBitFlips) {
  const Sample sample;
  for (std::size_t byte = 0; byte < sample.bytes.size(); ++byte)
    for (const int bit : {0, 7}) {
      std::string flipped = sample.bytes;
      flipped[byte] = static_cast<char>(flipped[byte] ^ (1 << bit));
      write_bytes(sample.path, flipped);
      std::size_t hit = 0;
      while (sample.ends[hit] <= byte) ++hit;
      std::vector<std::string> expected = sample.payloads;
      expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(hit));
      const Read result = read_all(sample.path);
      EXPECT_EQ(result.payloads, expected) << "byte " << byte;
      EXPECT_EQ(result.damaged + (result.torn_bytes > 0 ? 1 : 0), 1U) << "byte " << byte;
    }
}

TEST(Journal, FindsTheNextRecordBehindGarbageLongerThanItsBuffer) {
  const Sample sample;
  write_bytes(sample.path, sample.bytes.substr(0, 51) + std::string((1 << 20) + 3, 'g') +
                               sample.bytes.substr(51));
  EXPECT_EQ(read_all(sample.path), (Read{sample.payloads, 1, 0}));
}

TEST(Journal, NeverPassesOnARecordThatChangesAfterTheScan) {
  const Sample sample;
  const JournalReader reader(sample.path);
  std::string changed = sample.bytes;
  changed[48] = 'O';
  write_bytes(sample.path, changed);
  EXPECT_THROW((void)read_record(sample.path, reader.records().front()), ModelError);
}

TEST(JournalWriter, NeverTouchesAnEarlierSegmentAndRollsAtTheLimit) {
  const Sample sample;
  std::ofstream(sample.folder.path() / "notes.txt") << "no segment";
  JournalWriter writer(sample.folder.path(), /*segment_bytes=*/100);
  JournalWriter other_rank(sample.folder.path());
  for (int i = 0; i < 5; ++i)
    writer.append(1, std::string(20, 'y'));  // 68 bytes each, two in a segment
  other_rank.append(2, "z");
  const auto segments = journal_segments(sample.folder.path());
  ASSERT_EQ(segments.size(), 5U);
  EXPECT_EQ(read_file(segments[0], 1000), sample.bytes);
  std::vector<std::size_t> counts;
  for (const auto& segment : segments) counts.push_back(JournalReader(segment).records().size());
  EXPECT_EQ(counts, (std::vector<std::size_t>{3, 2, 2, 1, 1}));
}

TEST(JournalWriter, NamesTheFolderThatIsMissing) {
  JournalWriter writer("/nonexistent/journal");
  try {
    writer.append(1, "x");
    FAIL();
  } catch (const EnvironmentError& error) {
    EXPECT_NE(std::string(error.what()).find("/nonexistent/journal/000001.seg: cannot create"),
              std::string::npos)
        << error.what();
  }
}

TEST(JournalSegments, AreNoneWithoutAFolderAndOrderedByNumber) {
  EXPECT_TRUE(journal_segments("/nonexistent").empty());
  const test::TemporaryFolder folder;
  for (const char* name : {"1000000.seg", "000002.seg", "000010.seg", "x.seg", "000003.tmp"})
    write_bytes(folder.path() / name, "");
  const auto segments = journal_segments(folder.path());
  ASSERT_EQ(segments.size(), 3U);
  EXPECT_EQ(segments[0].filename(), "000002.seg");
  EXPECT_EQ(segments[2].filename(), "1000000.seg");
}

}  // namespace
}  // namespace winnow::core
