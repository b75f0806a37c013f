#include "data/data_set.hpp"

#include <gtest/gtest.h>

#include "core/hash.hpp"
#include "data_support.hpp"

namespace winnow::data {
namespace {

const std::string kGood = R"({"instruction":"i","output":"o"})";

std::string found_in(const SourceOptions& options) {
  const test::TemporaryFolder spool;
  return open_data_set(options, spool.path()).message;
}

std::string found_in(std::string_view bytes) {
  const TextFile file(bytes);
  const std::string message = found_in(file.options());
  return message.substr(message.find(": ") + 2);
}

TEST(DataSet, SaysWhatItFound) {
  EXPECT_EQ(found_in("[" + kGood + "]"), "JSON array, alpaca (instruction, output)");
  EXPECT_EQ(found_in(R"({"instruction":"i","input":"","output":"o","history":[],"system":""})"),
            "JSON Lines, alpaca (instruction, input, output, history, system)");
  EXPECT_EQ(found_in(R"({"instruction":"i","context":"","response":"o"})"),
            "JSON Lines, alpaca (instruction, context, response)");
  EXPECT_EQ(found_in(R"([{"id":1,"conversations":[]}])"), "JSON array, sharegpt (conversations)");
  EXPECT_EQ(found_in(R"({"messages":[]})"), "JSON Lines, messages (messages)");
  const TextFile file(kGood);
  SourceOptions options = file.options();
  options.format = "alpaca";
  EXPECT_TRUE(found_in(options).ends_with("rows.json: JSON Lines, alpaca (as the job says)"));
}

TEST(DataSet, ReadsSeveralFilesAsOne) {
  const TextFile file(kGood + "\n" + kGood + "\n", "a.jsonl");
  core::write_file(file.folder() / "b.jsonl", "\n");
  core::write_file(file.folder() / "c.jsonl", kGood);
  SourceOptions options;
  options.paths = {(file.folder() / "*.jsonl").string()};
  EXPECT_TRUE(found_in(options).ends_with(
      "a.jsonl and 2 more files: JSON Lines, alpaca (instruction, output)"));
  const auto rows = read_rows(options);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[2].place.row, 2U);
  EXPECT_EQ(rows[2].place.file, 2U);
  EXPECT_EQ(rows[2].place.byte_offset, 0U);

  core::write_file(file.folder() / "d.jsonl", "{}");
  EXPECT_EQ(message_of(core::ExitCode::data, [&] { read_through(options); }),
            "d.jsonl: row 3 (line 1, byte 0): field `instruction`: found none, expected a string");
}

TEST(DataSet, TellsSizeHashAndRowsOfEveryFile) {
  const std::string bytes = "[" + kGood + ",\n" + kGood + "]\n";
  const TextFile file(bytes);
  const auto scanned =
      scan_rows(open_data_set(file.options(), file.folder()), [](const DataRow&) {});
  ASSERT_EQ(scanned.size(), 1U);
  EXPECT_EQ(scanned[0].bytes, bytes.size());
  EXPECT_EQ(scanned[0].hash, core::hash128(bytes));
  EXPECT_EQ(scanned[0].rows, 2U);
}

TEST(DataSet, RefusesFilesOfDifferentLayouts) {
  const TextFile file(kGood, "b.jsonl");
  core::write_file(file.folder() / "a.json", "[" + kGood + "]");
  SourceOptions options;
  options.paths = {(file.folder() / "a.json").string(), file.path().string()};
  EXPECT_EQ(message_of(core::ExitCode::data, [&] { read_through(options); }),
            "b.jsonl: found JSON Lines, expected JSON array as in a.json: the files of one data "
            "set share a layout");
}

TEST(DataSet, RefusesWhatTheUserWroteWrongly) {
  const TextFile file(kGood);
  SourceOptions options = file.options();
  options.format = "sharegtp";
  EXPECT_EQ(message_of(core::ExitCode::usage, [&] { read_through(options); }),
            "data.format: found \"sharegtp\", expected auto, alpaca, sharegpt, messages or "
            "preference");
  options = file.options();
  for (const std::uint64_t bytes : {std::uint64_t{0}, std::uint64_t{1} << 32}) {
    options.max_row_bytes = bytes;
    EXPECT_EQ(message_of(core::ExitCode::usage, [&] { read_through(options); }),
              "data.max_row_bytes: found " + std::to_string(bytes) + ", expected 1 to 4294967295");
  }
}

TEST(DataSet, GivesOneLineForEveryBadFile) {
  EXPECT_EQ(data_error(""), "rows.json: found no rows, expected at least one");
  EXPECT_EQ(data_error("[]"), "rows.json: found no rows, expected at least one");
  EXPECT_EQ(data_error("[" + kGood + ",\n" + kGood),
            "rows.json: row 2 (line 2, byte 67): found the end of the file, expected ',' or ']' "
            "after a row");
  EXPECT_EQ(data_error("[" + kGood + ",\n{\"instruction\": \"tru"),
            "rows.json: row 1 (line 2, byte 55): found the end of the file, expected '\"' at the "
            "end of the string: "
            "the file is cut off");
  EXPECT_EQ(data_error(kGood + "\n{\"instruction\": \"tru"),
            "rows.json: row 1 (line 2, byte 53): found the end of the file, expected '\"' at the "
            "end of the string: "
            "the last line is torn");
  EXPECT_EQ(data_error("[" + kGood + ", 7]"),
            "rows.json: row 1 (line 1, byte 35): found a number, expected an object");
  EXPECT_EQ(data_error(kGood + "\n[1]\n"),
            "rows.json: row 1 (line 2, byte 33): found a list, expected an object");
  EXPECT_EQ(
      data_error(kGood + "\n{\"instruction\":\"i\",\"output\":3}"),
      "rows.json: row 1 (line 2, byte 33): field `output`: found a number, expected a string");
  EXPECT_EQ(data_error(kGood + "\n{\"instruction\":\"i\",\"output\":\"\xC3(\"}"),
            "rows.json: row 1 (line 2, byte 62): found byte 0xC3, expected valid UTF-8");
  EXPECT_EQ(data_error("[{\"instruction\":\"i\",\n\"output\":\"\\udead\"}]"),
            "rows.json: row 0 (line 2, byte 31): found '\\', expected a surrogate pair, not a lone "
            "surrogate");
  EXPECT_EQ(data_error(std::string("{\"instruction\":\"i\0\",\"output\":\"\"}\n", 33)),
            "rows.json: row 0 (line 1, byte 17): found byte 0x00, expected an escape, as control "
            "characters must not "
            "stand in a string");
  EXPECT_EQ(data_error("{\"question\":1}"),
            "rows.json: row 0 (line 1, byte 0): found the fields question, expected instruction "
            "and output, or "
            "conversations, or messages, or chosen and rejected: say data.format and data.fields");
  EXPECT_EQ(data_error(std::string(200'000, '[')),
            "rows.json: row 0 (line 1, byte 200000): found the end of the file, expected a JSON "
            "value or ']': the file "
            "is cut off");
  EXPECT_EQ(data_error("[" + std::string(200'000, '[') + std::string(200'000, ']') + "]"),
            "rows.json: row 0 (line 1, byte 1): nested too deeply, expected less than 1024 levels");
  EXPECT_EQ(data_error("{\n \"instruction\": \"i\"\n}"),
            "rows.json: row 0 (line 1, byte 1): found the end of the row, expected a field name in "
            "quotes or '}'");
}

TEST(DataSet, ReadsARowOfThirtyMegabytesAndRefusesOneAboveTheLimit) {
  const std::string answer(30'000'000, 'x');
  const TextFile file("[" + kGood + ",\n{\"instruction\":\"i\",\"output\":\"" + answer + "\"},\n" +
                      kGood + "]");
  SourceOptions options = file.options();
  auto rows = read_rows(options);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_TRUE(rows[1].output == answer);
  options.max_row_bytes = 1'000'000;
  EXPECT_EQ(message_of(core::ExitCode::data, [&] { read_through(options); }),
            "rows.json: row 1 (line 2, byte 35): found more than 1000000 bytes in the row, "
            "expected at most "
            "data.max_row_bytes");
  options.skip_bad_rows = true;
  rows = read_rows(options);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_NE(rows[1].fault, "");
  EXPECT_EQ(rows[1].place.byte_length, 30'000'031U);
  EXPECT_EQ(rows[2].bytes, kGood);
}

TEST(DataSet, SkipsBadRowsThatAreWellDelimited) {
  const std::vector<std::string> rows = {"7",
                                         kGood,
                                         "{\"instruction\":\"i\",\"output\":3}",
                                         "{\"instruction\":\"i\",\"output\":\"\xFF\"}",
                                         "{\"instruction\":\"i\" \"output\":\"o\"}",
                                         "nonsense",
                                         kGood};
  for (const bool is_array : {true, false}) {
    std::string text = is_array ? "[" : "";
    for (std::size_t i = 0; i < rows.size(); ++i)
      text += (i == 0 ? "" : is_array ? "," : "\n") + rows[i];
    const TextFile file(text + (is_array ? "]" : "\n"));
    SourceOptions options = file.options();
    options.skip_bad_rows = true;
    const auto read = read_rows(options);
    ASSERT_EQ(read.size(), rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(read[i].place.row, i);
      EXPECT_EQ(read[i].fault.empty(), rows[i] == kGood) << read[i].fault;
      EXPECT_EQ(read[i].bytes, rows[i]);
    }
    EXPECT_NE(read[4].fault.find("row 4 "), std::string::npos);
    EXPECT_NE(read[4].fault.find("found '\"', expected ',' or '}'"), std::string::npos);
  }
}

TEST(DataSet, NeverSkipsWhatCannotBeToldApart) {
  const TextFile file("[" + kGood + ",\n" + kGood + " " + kGood + "]");
  SourceOptions options = file.options();
  options.skip_bad_rows = true;
  EXPECT_EQ(message_of(core::ExitCode::data, [&] { read_through(options); }),
            "rows.json: row 2 (line 2, byte 68): found '{', expected ',' or ']' after a row");
}

TEST(DataSet, GivesTheFirstFaultWhereEveryRowIsBad) {
  const TextFile file("{\"instruction\":\n7\n");
  SourceOptions options = file.options();
  options.skip_bad_rows = true;
  EXPECT_EQ(message_of(core::ExitCode::data, [&] { read_through(options); }),
            "rows.json: row 0 (line 1, byte 15): found the end of the row, expected a JSON value");
}

}  // namespace
}  // namespace winnow::data
