#include "data/parse_row.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "data_support.hpp"

namespace winnow::data {
namespace {

using Role = Turn::Role;

std::string fault_of(std::string_view row, const RowSchema& schema = {}) {
  return message_of(core::ExitCode::data, [&] { (void)parse_row(row, schema); });
}

RowSchema schema_of(Format format) { return {format, {}, {}}; }

void expect_turn(const Turn& turn, Role role, std::string_view text) {
  EXPECT_EQ(turn.role, role);
  EXPECT_EQ(turn.text, text);
}

TEST(ParseRow, ReadsAlpacaWithAndWithoutItsOptionalFields) {
  const auto full = parse_row(
      R"({"instruction":"i","input":"x","output":"o","system":"s","history":[["u1","a1"],["u2","a2"]],"more":{}})",
      {});
  EXPECT_EQ(full.sample.instruction, "i");
  EXPECT_EQ(full.sample.input, "x");
  EXPECT_EQ(full.sample.output, "o");
  EXPECT_EQ(full.sample.system, "s");
  ASSERT_EQ(full.sample.history.size(), 4U);
  expect_turn(full.sample.history[0], Role::user, "u1");
  expect_turn(full.sample.history[3], Role::assistant, "a2");
  EXPECT_EQ(full.messages, 7U);

  const auto bare =
      parse_row(R"({"instruction":"i","output":"","input":null,"history":null,"system":null})", {});
  EXPECT_EQ(bare.sample.input, "");
  EXPECT_EQ(bare.sample.output, "");
  EXPECT_TRUE(bare.sample.history.empty());
  EXPECT_EQ(bare.messages, 2U);
}

TEST(ParseRow, ReadsIterItsListOfTurnsAsInstruction) {
  const auto row = parse_row(
      R"({"instruction":[{"from":"human","value":"u1"},{"from":"gpt","value":"a1"},{"from":"human","value":"u2"}],
          "output":"a2"})",
      {});
  EXPECT_EQ(row.sample.instruction, "u2");
  EXPECT_EQ(row.sample.output, "a2");
  ASSERT_EQ(row.sample.history.size(), 2U);
  expect_turn(row.sample.history[0], Role::user, "u1");
  expect_turn(row.sample.history[1], Role::assistant, "a1");
  EXPECT_EQ(row.messages, 4U);
  EXPECT_EQ(fault_of(R"({"instruction":[{"from":"gpt","value":"a"}],"output":"o"})"),
            "field `instruction`: found no user message at its end, expected one");
}

TEST(ParseRow, SplitsAConversationAtItsLastAnswer) {
  const auto row = parse_row(
      R"({"conversations":[{"from":"system","value":"s"},{"from":"human","value":"u1"},{"from":"chatgpt","value":"a1"},
          {"from":"user","value":"u2"},{"from":"bard","value":"a2"},{"from":"human","value":"thanks"}]})",
      schema_of(Format::sharegpt));
  EXPECT_EQ(row.sample.system, "s");
  EXPECT_EQ(row.sample.instruction, "u2");
  EXPECT_EQ(row.sample.output, "a2");
  EXPECT_EQ(row.sample.input, "");
  ASSERT_EQ(row.sample.history.size(), 2U);
  expect_turn(row.sample.history[0], Role::user, "u1");
  expect_turn(row.sample.history[1], Role::assistant, "a1");
  EXPECT_EQ(row.messages, 6U);
}

TEST(ParseRow, AnEmptySystemMessageIsOneInConversationsOnly) {
  const auto conversation = parse_row(
      R"({"messages":[{"role":"system","content":""},{"role":"user","content":"u"},{"role":"assistant","content":"a"}]})",
      schema_of(Format::messages));
  EXPECT_EQ(conversation.sample.system, "");
  EXPECT_EQ(conversation.messages, 3U);
  const auto alpaca = parse_row(R"({"instruction":"i","output":"o","system":""})", {});
  EXPECT_EQ(alpaca.sample.system, std::nullopt);
  EXPECT_EQ(alpaca.messages, 2U);
}

TEST(ParseRow, ReadsOpenAiMessages) {
  const auto row = parse_row(
      R"({"messages":[{"role":"user","content":"u1"},{"role":"assistant","content":"a1"}],"system":"s"})",
      schema_of(Format::messages));
  EXPECT_EQ(row.sample.system, "s");
  EXPECT_EQ(row.sample.instruction, "u1");
  EXPECT_EQ(row.sample.output, "a1");
  EXPECT_EQ(row.messages, 3U);
}

TEST(ParseRow, LeavesTheOutputEmptyWithoutAnAssistantMessage) {
  const auto row =
      parse_row(R"({"messages":[{"role":"user","content":"u1"},{"role":"user","content":"u2"}]})",
                schema_of(Format::messages));
  EXPECT_EQ(row.sample.instruction, "u2");
  EXPECT_EQ(row.sample.output, "");
  ASSERT_EQ(row.sample.history.size(), 1U);
  const auto none = parse_row(R"({"messages":[]})", schema_of(Format::messages));
  EXPECT_EQ(none.sample.instruction, "");
  EXPECT_EQ(none.messages, 0U);
}

TEST(ParseRow, ReadsAPairInEachOfItsForms) {
  for (
      const std::string_view form :
      {R"({"instruction":"u2","history":[["u1","a1"]],"system":"s","chosen":"good","rejected":"bad"})",
       R"({"prompt":"u2","history":[["u1","a1"]],"system":"s","chosen":"good","rejected":"bad"})",
       R"({"prompt":[{"role":"system","content":"s"},{"role":"user","content":"u1"},{"role":"assistant","content":"a1"},{"role":"user","content":"u2"}],
           "chosen":[{"role":"assistant","content":"good"}],"rejected":[{"role":"assistant","content":"bad"}]})",
       R"({"prompt":"u1","messages":[],
           "chosen":[{"role":"system","content":"s"},{"role":"user","content":"u1"},{"role":"assistant","content":"a1"},{"role":"user","content":"u2"},
                     {"role":"assistant","content":"good"}],
           "rejected":[{"role":"system","content":"s"},{"role":"user","content":"u1"},{"role":"assistant","content":"a1"},{"role":"user","content":"u2"},
                       {"role":"assistant","content":"bad"}]})",
       R"({"conversations":[{"from":"human","value":"u1"},{"from":"gpt","value":"a1"},{"from":"human","value":"u2"}],"system":"s",
           "chosen":{"from":"gpt","value":"good"},"rejected":{"from":"gpt","value":"bad"}})"}) {
    const auto row = parse_row(form, schema_of(Format::preference));
    ASSERT_TRUE(row.rejected) << form;
    EXPECT_EQ(row.sample.output, "good");
    EXPECT_EQ(row.rejected->output, "bad");
    for (const Sample& side : {row.sample, *row.rejected}) {
      EXPECT_EQ(side.system, "s") << form;
      EXPECT_EQ(side.instruction, "u2");
      EXPECT_EQ(side.input, "");
      ASSERT_EQ(side.history.size(), 2U);
      expect_turn(side.history[0], Role::user, "u1");
      expect_turn(side.history[1], Role::assistant, "a1");
    }
    EXPECT_EQ(row.messages, 5U);
  }
  const auto string_prompt =
      parse_row(R"({"prompt":"u","chosen":[{"role":"assistant","content":"a"}],"rejected":[]})",
                schema_of(Format::preference));
  EXPECT_EQ(string_prompt.sample.instruction, "u");
  EXPECT_EQ(string_prompt.rejected->output, "");
}

TEST(ParseRow, RefusesPairsByField) {
  const auto fault = [](std::string_view row) {
    return fault_of(row, schema_of(Format::preference));
  };
  EXPECT_EQ(fault(R"({"instruction":"i","chosen":"a"})"),
            "field `rejected`: found none, expected an answer: a string, a message or a list of "
            "messages");
  EXPECT_EQ(fault(R"({"instruction":"i","chosen":7,"rejected":"b"})"),
            "field `chosen`: found a number, expected an answer: a string, a message or a list of "
            "messages");
  EXPECT_EQ(fault(R"({"chosen":[{"role":"assistant","content":"a"}],"rejected":[]})"),
            "field `prompt`: found none, expected a string or a list of messages, since `chosen` "
            "has no user message");
  EXPECT_EQ(
      fault(
          R"({"prompt":[{"role":"user","content":"x"}],"chosen":[{"role":"user","content":"y"},{"role":"assistant","content":"a"}],"rejected":[]})"),
      "field `chosen`: begins otherwise than `prompt`, expected its messages before the answer, or "
      "the answer alone");
  EXPECT_EQ(
      fault(
          R"({"conversations":[{"from":"human","value":"u"}],"chosen":{"from":"human","value":"a"},"rejected":{"from":"gpt","value":"b"}})"),
      "field `chosen.from`: found no answer, expected the assistant's");
  EXPECT_EQ(fault(R"({"chosen":{"from":"gpt","value":"a"},"rejected":{"from":"gpt","value":"b"}})"),
            "field `conversations`: found none, expected a list of messages");
  EXPECT_EQ(
      fault(
          R"({"prompt":"u","chosen":[{"role":"assistant","content":"a"}],"rejected":[{"role":"assistant"}]})"),
      "field `rejected[0]`: found no field `content`, expected a string");
}

TEST(ParseRow, RefusesConversationsItCannotScore) {
  const RowSchema sharegpt = schema_of(Format::sharegpt);
  const RowSchema messages = schema_of(Format::messages);
  const std::string no_user =
      "field `messages`: found no user message right before the last answer, expected one";
  EXPECT_EQ(fault_of(R"({"messages":[{"role":"assistant","content":"a"}]})", messages), no_user);
  EXPECT_EQ(
      fault_of(R"({"messages":[{"role":"user","content":"u"},{"role":"assistant","content":"a"},
                         {"role":"assistant","content":"b"}]})",
               messages),
      no_user);
  EXPECT_EQ(
      fault_of(R"({"conversations":[{"from":"human","value":"u"},{"from":"tool","value":"t"}]})",
               sharegpt),
      "field `conversations[1].from`: found \"tool\", expected human, user, gpt, assistant, bing, "
      "chatgpt, bard "
      "or system");
  EXPECT_EQ(fault_of(R"({"conversations":{}})", sharegpt),
            "field `conversations`: found an object, expected a list of messages");
  EXPECT_EQ(fault_of(R"({"conversations":["hi"]})", sharegpt),
            "field `conversations[0]`: found a string, expected an object with `from` and `value`");
  EXPECT_EQ(fault_of(R"({"conversations":[{"from":"human"}]})", sharegpt),
            "field `conversations[0]`: found no field `value`, expected a string");
  EXPECT_EQ(fault_of(R"({"messages":[{"role":"user","content":null}]})", messages),
            "field `messages[0].content`: found null, expected a string");
  EXPECT_EQ(fault_of(R"({"system":"s","messages":[{"role":"system","content":"t"}]})", messages),
            "field `system`: found a second system text beside that of `messages`, expected one");
}

TEST(ParseRow, NamesAFieldOfTheWrongType) {
  EXPECT_EQ(fault_of("7"), "found a number, expected an object");
  EXPECT_EQ(fault_of("[]"), "found a list, expected an object");
  EXPECT_EQ(fault_of(R"({"output":"o"})"), "field `instruction`: found none, expected a string");
  EXPECT_EQ(fault_of(R"({"instruction":"i"})"), "field `output`: found none, expected a string");
  EXPECT_EQ(fault_of(R"({"instruction":1,"output":"o"})"),
            "field `instruction`: found a number, expected a string, or a list of turns");
  EXPECT_EQ(fault_of(R"({"instruction":"i","output":null})"),
            "field `output`: found null, expected a string");
  EXPECT_EQ(fault_of(R"({"instruction":"i","output":"o","input":["x"]})"),
            "field `input`: found a list, expected a string");
  EXPECT_EQ(fault_of(R"({"instruction":"i","output":"o","system":true})"),
            "field `system`: found a boolean, expected a string");
  EXPECT_EQ(fault_of(R"({"instruction":"i","output":"o","history":"h"})"),
            "field `history`: found a string, expected a list of [user, assistant] pairs");
  EXPECT_EQ(fault_of(R"({"instruction":"i","output":"o","history":[["u","a"],["u"]]})"),
            "field `history[1]`: found a list of 1, expected a [user, assistant] pair");
  EXPECT_EQ(fault_of(R"({"instruction":"i","output":"o","history":[["u",{}]]})"),
            "field `history[0]`: found an object, expected a string");
}

TEST(ParseRow, ReadsMappedFields) {
  RowSchema schema;
  schema.fields.instruction = "question";
  schema.fields.output = "answer";
  const auto row = parse_row(R"({"question":"q","answer":"a","output":7})", schema);
  EXPECT_EQ(row.sample.instruction, "q");
  EXPECT_EQ(row.sample.output, "a");
  EXPECT_EQ(fault_of(R"({"question":"q"})", schema),
            "field `answer`: found none, expected a string");
}

TEST(ParseRow, TakesTheLastOfDuplicateKeysAsPythonDoes) {
  EXPECT_EQ(parse_row(R"({"instruction":1,"output":"o","instruction":"i"})", {}).sample.instruction,
            "i");
}

TEST(ParseRow, KeepsIdsAsText) {
  RowSchema schema;
  schema.id_field = "id";
  const auto id_of = [&](const std::string& id) {
    return parse_row(R"({"instruction":"i","output":"o","id":)" + id + "}", schema).id;
  };
  EXPECT_EQ(id_of("\"a\\nb\""), "a\nb");
  EXPECT_EQ(id_of("-3"), "-3");
  EXPECT_EQ(id_of("9007199254740993"), "9007199254740993");
  EXPECT_EQ(id_of("18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(fault_of(R"({"instruction":"i","output":"o"})", schema),
            "field `id`: found none, expected a row id");
  for (const char* id : {"1.5", "null", "[1]"})
    EXPECT_NE(
        message_of(core::ExitCode::data, [&] { (void)id_of(id); }).find("a string or an integer"),
        std::string::npos);
  EXPECT_EQ(message_of(core::ExitCode::data, [&] { (void)id_of("\"\""); }),
            "field `id`: found an empty string, expected a row id");
}

TEST(ParseRow, KeepsAnEscapedNulAndRefusesARawOne) {
  const auto row = parse_row(R"({"instruction":"a\u0000b","output":"\u0000"})", {});
  EXPECT_EQ(row.sample.instruction, std::string("a\0b", 3));
  EXPECT_EQ(row.sample.output, std::string(1, '\0'));
  const std::string raw("{\"instruction\":\"a\0b\",\"output\":\"\"}", 33);
  EXPECT_EQ(
      fault_of(raw),
      "found byte 0x00, expected an escape, as control characters must not stand in a string");
}

TEST(ParseRow, RefusesLoneSurrogatesAndInvalidUtf8InAnyField) {
  EXPECT_EQ(fault_of(R"({"instruction":"\ud83d","output":"o"})"),
            "found '\\', expected a surrogate pair, not a lone surrogate");
  EXPECT_EQ(fault_of(R"({"instruction":"i","output":"o","other":"\ude00"})"),
            "found '\\', expected a surrogate pair, not a lone surrogate");
  EXPECT_EQ(fault_of("{\"instruction\":\"i\",\"output\":\"o\xFF\"}"),
            "found byte 0xFF, expected valid UTF-8");
  EXPECT_EQ(parse_row(R"({"instruction":"\ud83d\ude00","output":"o"})", {}).sample.instruction,
            "\xF0\x9F\x98\x80");
}

TEST(ParseRow, BoundsDepthAndNumbers) {
  const auto nested = [](std::size_t depth) {
    return R"({"instruction":"i","output":"o","x":)" + std::string(depth, '[') +
           std::string(depth, ']') + "}";
  };
  EXPECT_EQ(parse_row(nested(1000), {}).sample.output, "o");
  EXPECT_EQ(fault_of(nested(200'000)), "nested too deeply, expected less than 1024 levels");
  EXPECT_EQ(fault_of(R"({"instruction":"i","output":"o","x":1e400})"),
            "a number that fits neither a 64-bit integer nor a double, expected one that does");
}

TEST(ParseRow, BringsEveryNaughtyStringBack) {
  const auto path = shared_data() / "robust" / "blns" / "blns.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no shared data";
  const auto strings = nlohmann::json::parse(read_all(path));
  EXPECT_EQ(strings.size(), 515U);
  for (const auto& entry : strings) {
    const auto text = entry.get<std::string>();
    for (const bool ascii : {false, true}) {
      const nlohmann::json row{{"instruction", text}, {"input", text}, {"output", text}};
      const Sample sample = parse_row(row.dump(-1, ' ', ascii), {}).sample;
      EXPECT_EQ(sample.instruction, text);
      EXPECT_EQ(sample.input, text);
      EXPECT_EQ(sample.output, text);
    }
  }
}

}  // namespace
}  // namespace winnow::data
