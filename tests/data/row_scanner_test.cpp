#include "data/row_scanner.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/random.hpp"
#include "data/json_document.hpp"
#include "data/parse_row.hpp"
#include "data_support.hpp"

namespace winnow::data {
namespace {

struct Scan {
  std::vector<RowPlace> places;
  std::vector<std::string> rows;
  std::string end;  ///< the error, or "hash of N bytes"
};

Scan scan(const std::filesystem::path& path, const ScanOptions& options) {
  Scan result;
  RowScanner scanner({"f", path}, 0, 0, options);
  try {
    while (const auto row = scanner.next()) {
      result.places.push_back(row->place);
      result.rows.push_back(row->fault.empty() ? std::string(row->bytes) : row->fault);
    }
    result.end = core::to_hex(scanner.hash()) + " of " + std::to_string(scanner.bytes_read());
  } catch (const core::DataError& error) {
    result.end = error.what();
  }
  return result;
}

Scan scan_text(std::string_view bytes, ScanOptions options = {}) {
  const TextFile file(bytes);
  const Scan whole = scan(file.path(), options);
  for (const std::size_t window : {1U, 2U, 3U, 7U}) {
    options.window_bytes = window;
    const Scan pieces = scan(file.path(), options);
    EXPECT_EQ(pieces.rows, whole.rows) << window;
    EXPECT_EQ(pieces.end, whole.end) << window;
    for (std::size_t i = 0; i < whole.places.size(); ++i) {
      EXPECT_EQ(pieces.places[i].byte_offset, whole.places[i].byte_offset);
      EXPECT_EQ(pieces.places[i].byte_length, whole.places[i].byte_length);
      EXPECT_EQ(pieces.places[i].line, whole.places[i].line);
    }
  }
  return whole;
}

using Rows = std::vector<std::string>;

TEST(RowScanner, CutsAnArrayIntoItsElementsOwnBytes) {
  const std::string text = " [ {\"a\": \"}],\\\"\"} ,\n{ \"b\":[1,{}] }\t,\r\n7,\"x\"]\n";
  const Scan result = scan_text(text);
  EXPECT_EQ(result.rows, (Rows{"{\"a\": \"}],\\\"\"}", "{ \"b\":[1,{}] }", "7", "\"x\""}));
  EXPECT_EQ(result.places[1].line, 2U);
  EXPECT_EQ(result.places[2].line, 3U);
  for (std::size_t i = 0; i < result.rows.size(); ++i)
    EXPECT_EQ(text.substr(result.places[i].byte_offset, result.places[i].byte_length),
              result.rows[i]);
  EXPECT_EQ(result.end, core::to_hex(core::hash128(text)) + " of " + std::to_string(text.size()));
}

TEST(RowScanner, CutsLinesAndPassesBlankOnesOver) {
  const Scan result = scan_text("\n{\"a\":1}\r\n\r\n  \n  {\"b\":\"\\n\"} \n{\"c\":2}");
  EXPECT_EQ(result.rows, (Rows{"{\"a\":1}", "{\"b\":\"\\n\"}", "{\"c\":2}"}));
  EXPECT_EQ(result.places[0].line, 2U);
  EXPECT_EQ(result.places[1].line, 5U);
  EXPECT_EQ(result.places[2].line, 6U);
}

TEST(RowScanner, TakesAnEmptyFileAndAnEmptyArrayForNoRows) {
  for (const char* text : {"", "\n \n", "\xEF\xBB\xBF", "[]", " [\n]\n"}) {
    const Scan result = scan_text(text);
    EXPECT_TRUE(result.rows.empty());
    EXPECT_EQ(result.end.find("found"), std::string::npos) << result.end;
  }
}

TEST(RowScanner, PassesOverOneByteOrderMark) {
  EXPECT_EQ(scan_text("\xEF\xBB\xBF[{}]").rows, Rows{"{}"});
  const Scan lines = scan_text("\xEF\xBB\xBF{}\n{}\n");
  EXPECT_EQ(lines.rows, (Rows{"{}", "{}"}));
  EXPECT_EQ(lines.places[0].byte_offset, 3U);
}

TEST(RowScanner, RefusesWhatIsNoArrayOfRows) {
  EXPECT_EQ(scan_text("[{} {}]").end,
            "f: row 1 (line 1, byte 4): found '{', expected ',' or ']' after a row");
  EXPECT_EQ(scan_text("[{},\n]").end,
            "f: row 1 (line 2, byte 5): found ']', expected a row after the comma");
  EXPECT_EQ(scan_text("[,{}]").end, "f: row 0 (line 1, byte 1): found ',', expected a row or ']'");
  EXPECT_EQ(scan_text("[{},,{}]").end,
            "f: row 1 (line 1, byte 4): found ',', expected a row after the comma");
  EXPECT_EQ(scan_text("[{}]\n{}").end,
            "f: row 1 (line 2, byte 5): found '{', expected the end of the file after the array");
  EXPECT_EQ(scan_text("[").end,
            "f: row 0 (line 1, byte 1): found the end of the file, expected a row or ']'");
  EXPECT_EQ(
      scan_text("[{}").end,
      "f: row 1 (line 1, byte 3): found the end of the file, expected ',' or ']' after a row");
  EXPECT_EQ(scan_text("[{},").end,
            "f: row 1 (line 1, byte 4): found the end of the file, expected a row after the comma");
  EXPECT_EQ(scan_text("[{},\n{\"a\":\n 12").end,
            "f: row 1 (line 3, byte 14): found the end of the file, expected ',' or '}': the file "
            "is cut off");
  EXPECT_EQ(scan_text("[{\"a\":\"b").end,
            "f: row 0 (line 1, byte 8): found the end of the file, expected '\"' at the end of the "
            "string: the file "
            "is cut off");
  EXPECT_EQ(scan_text("[12").end,
            "f: row 0 (line 1, byte 3): found the end of the file, expected ',' or ']' after a "
            "row: the file is cut "
            "off");
  EXPECT_EQ(scan_text("[{\"a\":[1}]").end,
            "f: row 0 (line 1, byte 8): found '}', expected ',' or ']'");
}

TEST(RowScanner, NamesTheFirstFaultOfARowThatSwallowsTheRest) {
  EXPECT_EQ(scan_text("[{\"a\": \"b},\n{\"a\": \"c\"}]").end,
            "f: row 0 (line 1, byte 11): found byte 0x0A, expected an escape, as control "
            "characters must not stand in "
            "a string");
}

TEST(RowScanner, SaysThatTheLastLineIsTorn) {
  const Scan result = scan_text("{\"a\":1}\n{\"a\":");
  EXPECT_EQ(result.rows, Rows{"{\"a\":1}"});
  EXPECT_EQ(result.end,
            "f: row 1 (line 2, byte 13): found the end of the file, expected a JSON value: the "
            "last line is torn");
}

TEST(RowScanner, HandsATornLastLineOutWhenSkipping) {
  ScanOptions options;
  options.skip_bad_rows = true;
  const Scan result = scan_text("{\"a\":1}\n{\"a\":", options);
  ASSERT_EQ(result.rows.size(), 2U);
  EXPECT_EQ(result.rows[1],
            "f: row 1 (line 2, byte 13): found the end of the file, expected a JSON value: the "
            "last line is torn");
  EXPECT_EQ(result.places[1].byte_length, 5U);
}

TEST(RowScanner, BoundsARowsLength) {
  ScanOptions options;
  options.max_row_bytes = 8;
  const std::string message =
      "(line 1, byte 1): found more than 8 bytes in the row, expected at most data.max_row_bytes";
  EXPECT_EQ(scan_text("[{\"a\":12}]", options).rows, Rows{"{\"a\":12}"});
  EXPECT_EQ(scan_text("[{\"a\":123}]", options).end, "f: row 0 " + message);
  EXPECT_EQ(scan_text("[1234567890]", options).end, "f: row 0 " + message);
  EXPECT_EQ(scan_text("{\"a\":12}\n{\"a\":123}\n", options).rows.size(), 1U);
}

TEST(RowScanner, PassesALongRowByWhenSkipping) {
  ScanOptions options;
  options.max_row_bytes = 8;
  options.skip_bad_rows = true;
  for (const char* text :
       {"[{\"a\":\"long, and {\"},\n{\"b\":1}]", "{\"a\":\"long, and {\"}\n{\"b\":1}"}) {
    const Scan result = scan_text(text, options);
    ASSERT_EQ(result.rows.size(), 2U) << result.end;
    EXPECT_NE(result.rows[0].find("found more than 8 bytes"), std::string::npos);
    EXPECT_EQ(result.places[0].byte_length, 19U);
    EXPECT_EQ(result.rows[1], "{\"b\":1}");
  }
}

TEST(RowScanner, BoundsTheLengthOfASkippedRowToo) {
  ScanOptions options;
  options.max_row_bytes = 8;
  options.max_skipped_bytes = 18;
  options.skip_bad_rows = true;
  for (const char* text : {"[7,\n{\"a\":\"long, and {\"}]", "7\n{\"a\":\"long, and {\"}\n"}) {
    const Scan result = scan_text(text, options);
    EXPECT_EQ(result.rows, Rows{"7"});
    EXPECT_TRUE(result.end.starts_with("f: row 1 (line 2, byte ")) << result.end;
    EXPECT_TRUE(result.end.ends_with(
        "): found more than 18 bytes in the row, expected at most that many even in a row that is "
        "skipped"))
        << result.end;
    ScanOptions longer = options;
    longer.max_skipped_bytes = 19;
    EXPECT_EQ(scan_text(text, longer).rows.size(), 2U);
  }
}

TEST(RowScanner, MeetsTwoHundredThousandBracketsWithoutRecursion) {
  const std::string open(200'000, '[');
  const TextFile cut_off(open);
  EXPECT_EQ(scan(cut_off.path(), {}).end,
            "f: row 0 (line 1, byte 200000): found the end of the file, expected a JSON value or "
            "']': the file is cut "
            "off");
  const TextFile closed("[" + open + std::string(200'000, ']') + "]");
  EXPECT_EQ(scan(closed.path(), {}).rows.size(), 1U);
}

/// The number of rows, or nothing where a row or what is between rows is no JSON.
std::optional<std::size_t> count_rows(const std::filesystem::path& path, std::size_t window) {
  ScanOptions options;
  options.window_bytes = window;
  try {
    RowScanner scanner({"f", path}, 0, 0, options);
    std::size_t rows = 0;
    for (auto row = scanner.next(); row; row = scanner.next(), ++rows) (void)parse_json(row->bytes);
    return rows;
  } catch (const core::DataError&) {
    return std::nullopt;
  }
}

TEST(RowScanner, AgreesWithAnotherParserOnMutatedArrays) {
  const std::string original =
      "[{\"a\": \"}],\\\"[\"},\n {\"b\": [1, {}]}, 12, \"x\", [\"y\"], true]\n";
  const std::string_view alphabet("\"\\{}[]:,1 \n");
  const TextFile file(original);
  int accepted = 0;
  for (std::uint64_t trial = 0; trial < 5'000; ++trial) {
    std::string text = original;
    const std::uint64_t edits = 1 + core::random_word(2, trial, 0) % 2;
    for (std::uint64_t edit = 1; edit <= edits; ++edit) {
      const std::uint64_t word = core::random_word(2, trial, edit);
      const std::size_t at = 1 + (word >> 8) % (text.size() - 1);
      const char byte = alphabet[(word >> 40) % alphabet.size()];
      if (word % 3 == 0) text[at] = byte;
      if (word % 3 == 1) text.insert(at, 1, byte);
      if (word % 3 == 2) text.erase(at, 1);
    }
    file.replace(text);
    const auto reference = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    const auto expected = reference.is_discarded() ? std::nullopt : std::optional(reference.size());
    accepted += expected ? 1 : 0;
    ASSERT_EQ(count_rows(file.path(), 1 << 20), expected) << text;
    ASSERT_EQ(count_rows(file.path(), 5), expected) << text;
  }
  EXPECT_GT(accepted, 500);
  EXPECT_LT(accepted, 4'500);
}

TEST(RowScanner, CutsARealFileTheSameThroughAnyWindow) {
  const auto folder = shared_data() / "instruct";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no shared data";
  for (const char* name : {"sharegpt_500.json", "mixed_3k.jsonl"}) {
    const Scan whole = scan(folder / name, {});
    for (const std::size_t window : {7U, 4093U}) {
      ScanOptions options;
      options.window_bytes = window;
      const Scan pieces = scan(folder / name, options);
      EXPECT_TRUE(pieces.rows == whole.rows) << name;
      EXPECT_EQ(pieces.end, whole.end);
    }
  }
}

}  // namespace
}  // namespace winnow::data
