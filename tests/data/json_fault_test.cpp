#include "data/json_fault.hpp"

#include <cstring>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/random.hpp"
#include "data/json_document.hpp"
#include "data_support.hpp"

namespace winnow::data {
namespace {

struct Case {
  std::string_view text;
  std::size_t offset;
  std::string_view message;
};

TEST(JsonFault, NamesPlaceFoundAndExpected) {
  const Case cases[] = {
      {"", 0, "found the end of the row, expected a JSON value"},
      {"{\"a\" 1}", 5, "found '1', expected ':' after the field name"},
      {"{\"a\":1,}", 7, "found '}', expected a field name in quotes"},
      {"{a:1}", 1, "found 'a', expected a field name in quotes or '}'"},
      {"{\"a\":[1 2]}", 8, "found '2', expected ',' or ']'"},
      {"[01]", 2, "found '1', expected ',' or ']'"},
      {"[1.]", 3, "found ']', expected a digit after the decimal point"},
      {"[NaN]", 1, "found 'N', expected a JSON value or ']'"},
      {"[1,Infinity]", 3, "found 'I', expected a JSON value"},
      {"[nul]", 4, "found ']', expected `null`"},
      {"{} {}", 3, "found '{', expected the end of the row"},
      {"[\"a\nb\"]", 3,
       "found byte 0x0A, expected an escape, as control characters must not stand in a string"},
      {"[\"\\x\"]", 3, "found 'x', expected one of \" \\ / b f n r t u after the backslash"},
      {"[\"\\u12g4\"]", 6, "found 'g', expected four hexadecimal digits after \\u"},
      {"[\"x\\ud800y\"]", 3, "found '\\', expected a surrogate pair, not a lone surrogate"},
      {"[\"\\udc00\"]", 2, "found '\\', expected a surrogate pair, not a lone surrogate"},
      {"[\"\\ud800\\ud800\"]", 2, "found '\\', expected a surrogate pair, not a lone surrogate"},
      {"[\"\xC0\x80\"]", 2, "found byte 0xC0, expected valid UTF-8"},
      {"[\"\xED\xA0\x80\"]", 2, "found byte 0xED, expected valid UTF-8"},
      {"[\"\xF4\x90\x80\x80\"]", 2, "found byte 0xF4, expected valid UTF-8"},
      {"[\"\xE4\xB8", 4, "found the end of the row, expected the rest of a UTF-8 character"},
  };
  for (const Case& c : cases) {
    const auto fault = find_json_fault(c.text);
    ASSERT_TRUE(fault.has_value()) << c.text;
    EXPECT_EQ(fault->offset, c.offset) << c.text;
    EXPECT_EQ(fault->message(), c.message) << c.text;
  }
}

TEST(JsonFault, FindsEveryProperPrefixToEndTooEarly) {
  const std::string text =
      "{\"a\\n\\ud83d\\ude00\": [1.5e-3, true, null, {\"b\": \"\xF0\x9F\x98\x80\"}, []]}";
  EXPECT_FALSE(find_json_fault(text));
  for (std::size_t length = 0; length < text.size(); ++length) {
    const auto fault = find_json_fault(text.substr(0, length));
    ASSERT_TRUE(fault.has_value()) << length;
    EXPECT_EQ(fault->offset, length);
  }
}

bool fast_parser_takes(std::string_view text) {
  try {
    (void)parse_json(text);
    return true;
  } catch (const RowFault&) {
    return false;
  }
}

TEST(JsonFault, AgreesWithTwoOtherParsersOnMutatedRows) {
  const std::string seed_row =
      R"({"instruction": "a\u00e9\ud83d\ude00b\\ \"q\"", "n": [-1.5e3, 0, true, false, null], "output": "中文é"})";
  const std::string_view alphabet("\"\\{}[]:,u0d8 -.eE+tn\n\x00\x1F\x80\xC3\xED\xF0\xFF/", 29);
  int accepted = 0;
  for (std::uint64_t trial = 0; trial < 30'000; ++trial) {
    std::string text = seed_row;
    const std::uint64_t edits = 1 + core::random_word(1, trial, 0) % 3;
    for (std::uint64_t edit = 1; edit <= edits; ++edit) {
      const std::uint64_t word = core::random_word(1, trial, edit);
      const std::size_t at = (word >> 8) % text.size();
      const char byte = alphabet[(word >> 40) % alphabet.size()];
      if (word % 3 == 0) text[at] = byte;
      if (word % 3 == 1) text.insert(at, 1, byte);
      if (word % 3 == 2) text.erase(at, 1);
    }
    const bool taken = !find_json_fault(text);
    accepted += taken ? 1 : 0;
    ASSERT_EQ(taken, fast_parser_takes(text)) << text;
    ASSERT_EQ(taken, nlohmann::json::accept(text)) << text;
  }
  EXPECT_GT(accepted, 1000);
  EXPECT_LT(accepted, 29'000);
}

class JsonTestSuite : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto folder = shared_data() / "robust" / "json_test_suite";
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no shared data";
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      files_.insert(entry.path());
    ASSERT_EQ(files_.size(), 318U);
  }
  std::set<std::filesystem::path> files_;
};

TEST_F(JsonTestSuite, IsJudgedRightAndAlikeByBothOurParsers) {
  for (const auto& path : files_) {
    const std::string name = path.filename().string();
    const std::string text = read_all(path);
    const bool fast = fast_parser_takes(text);
    const auto fault = find_json_fault(text);
    if (name[0] == 'y') {
      EXPECT_TRUE(fast && !fault) << name;
    } else if (name[0] == 'n') {
      EXPECT_TRUE(!fast && fault) << name;
    } else if (!name.starts_with("i_number")) {
      // Numbers beyond 64 bits are JSON, but no parser of ours keeps them.
      EXPECT_EQ(fast, !fault) << name;
    }
  }
}

TEST_F(JsonTestSuite, RefusesEveryBadFileAsADataFile) {
  for (const auto& path : files_) {
    if (path.filename().string()[0] != 'n') continue;
    SourceOptions options;
    options.paths = {path.string()};
    options.format = "alpaca";
    for (const bool skip : {false, true}) {
      options.skip_bad_rows = skip;
      bool refused = false;
      try {
        const auto rows = read_rows(options);
        refused = std::any_of(rows.begin(), rows.end(), [](const KeptRow& row) {
          return row.fault.find("expected an object") == std::string::npos && !row.fault.empty();
        });
      } catch (const core::DataError&) {
        refused = true;
      }
      EXPECT_TRUE(refused) << path << (skip ? ", skipping" : "");
    }
  }
}

TEST_F(JsonTestSuite, NeverCrashesOnWhatIsLeftOpen) {
  for (const auto& path : files_) {
    SourceOptions options;
    options.paths = {path.string()};
    try {
      read_through(options);
    } catch (const core::DataError& error) {
      EXPECT_NE(std::string(error.what()).find(path.filename().string()), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace winnow::data
