#include "data/subset_writer.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/hash.hpp"
#include "data/row_ids.hpp"
#include "data/row_reader.hpp"
#include "data_support.hpp"

namespace winnow::data {
namespace {

std::string subset_of(const std::vector<std::string>& rows, Layout layout) {
  const test::TemporaryFolder folder;
  SubsetWriter writer(folder.path() / "s", layout);
  for (const std::string& row : rows) writer.add(row);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "s"));
  writer.publish();
  return read_all(folder.path() / "s");
}

TEST(SubsetWriter, KeepsTheLayoutAndTheRowsBytes) {
  EXPECT_EQ(subset_of({"{ \"a\":\n1}", "{}"}, Layout::json_array), "[\n{ \"a\":\n1},\n{}\n]\n");
  EXPECT_EQ(subset_of({"{ \"a\": 1}", "{}"}, Layout::json_lines), "{ \"a\": 1}\n{}\n");
  EXPECT_EQ(subset_of({}, Layout::json_array), "[\n]\n");
  EXPECT_EQ(subset_of({}, Layout::json_lines), "");
}

TEST(SubsetWriter, LeavesNothingUnlessPublished) {
  const test::TemporaryFolder folder;
  { SubsetWriter(folder.path() / "s.json", Layout::json_array).add("{}"); }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(SubsetWriter, WritesRowsReadBackByPlaceInPickOrder) {
  const auto instruct = shared_data() / "instruct";
  if (!std::filesystem::exists(instruct)) GTEST_SKIP() << "no shared data";
  for (const char* name : {"sharegpt_500.json", "mixed_3k.jsonl"}) {
    SourceOptions options;
    options.paths = {(instruct / name).string()};
    const test::TemporaryFolder folder;
    const DataSet data_set = open_data_set(options, folder.path());
    const auto rows = read_rows(options);
    RowReader reader(data_set.files);
    const auto target = folder.path() / "subset";
    SubsetWriter writer(target, data_set.layout);
    const std::vector<std::size_t> picks = {17, 3, rows.size() - 1, 0, 250};
    for (const std::size_t pick : picks) {
      const KeptRow& row = rows[pick];
      writer.add(reader.read(row.place.file, row.place.byte_offset, row.place.byte_length,
                             core::hash64(row.bytes)));
    }
    writer.publish();
    options.paths = {target.string()};
    const auto subset = read_rows(options);
    ASSERT_EQ(subset.size(), picks.size());
    for (std::size_t i = 0; i < picks.size(); ++i) EXPECT_EQ(subset[i].bytes, rows[picks[i]].bytes);
    if (data_set.layout == Layout::json_array) {
      EXPECT_EQ(nlohmann::json::parse(read_all(target)).size(), picks.size());
    }
  }
}

TEST(RowReader, NoticesThatTheFileHasChanged) {
  const TextFile file("{\"a\":1}\n{\"b\":2}\n");
  RowReader reader({{"rows.json", file.path()}});
  const std::uint64_t hash = core::hash64("{\"b\":2}");
  EXPECT_EQ(reader.read(0, 8, 7, hash), "{\"b\":2}");
  EXPECT_EQ(message_of(core::ExitCode::usage, [&] { (void)reader.read(0, 0, 7, hash); }),
            "rows.json: has changed since it was indexed: found other bytes at byte 0, expected "
            "the row's 7 bytes as "
            "they were");
  EXPECT_EQ(message_of(core::ExitCode::usage, [&] { (void)reader.read(0, 12, 7, hash); }),
            "rows.json: has changed since it was indexed: found the end of the file at byte 12, "
            "expected the row's 7 "
            "bytes as they were");
  RowReader missing({{"gone.json", file.folder() / "gone.json"}});
  EXPECT_EQ(message_of(core::ExitCode::data, [&] { (void)missing.read(0, 0, 1, 0); }),
            "gone.json: cannot be opened: No such file or directory");
}

TEST(RowReader, ReadsMoreFilesThanItKeepsOpen) {
  const test::TemporaryFolder folder;
  std::vector<DataFile> files;
  for (int i = 0; i < 300; ++i) {
    const auto path = folder.path() / std::to_string(i);
    core::OutputFile(path, /*exclusive=*/true).write(std::to_string(i));
    files.push_back({path.string(), path});
  }
  RowReader reader(files);
  for (const std::uint32_t file : {0U, 299U, 0U, 150U})
    EXPECT_EQ(reader.read(file, 0, std::to_string(file).size(), core::hash64(std::to_string(file))),
              std::to_string(file));
  for (std::uint32_t file = 0; file < 300; ++file)
    EXPECT_EQ(reader.read(file, 0, 1, core::hash64(std::to_string(file).substr(0, 1))).size(), 1U);
}

TEST(RowIds, NamesTheFirstRepeatAndTheRowItRepeats) {
  const auto entry = [](const char* id, core::RowId row) {
    return RowIdHash{core::hash128(id), row};
  };
  EXPECT_NO_THROW(require_unique_ids({entry("a", 0), entry("b", 1)}));
  EXPECT_NO_THROW(require_unique_ids({}));
  EXPECT_EQ(
      message_of(core::ExitCode::data,
                 [&] {
                   require_unique_ids({entry("a", 9), entry("b", 1), entry("c", 2), entry("b", 5),
                                       entry("c", 4), entry("a", 0), entry("b", 3)});
                 }),
      "row 3: found the row id of row 1, expected one of its own");
}

}  // namespace
}  // namespace winnow::data
