#include "data/chat_template.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "data/chat_template_forms.hpp"

namespace winnow::data {
namespace {

std::string answer_of(const RenderedText& text) {
  return text.text.substr(text.answer_begin, text.answer_end - text.answer_begin);
}

std::string closing_of(const RenderedText& text) {
  return text.text.substr(text.answer_end, text.scored_end - text.answer_end);
}

RenderedPair render(std::string_view name, const Sample& sample, TemplateOptions options = {}) {
  return make_template(name, std::move(options))->render(sample);
}

Sample question(std::string instruction, std::string output) {
  Sample sample;
  sample.instruction = std::move(instruction);
  sample.output = std::move(output);
  return sample;
}

TEST(ChatTemplate, SmolLm2InsertsItsSystemSentenceInBothTexts) {
  const RenderedPair pair = render("smollm2", question("Hi", "Yes"));
  const std::string system =
      "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging "
      "Face<|im_end|>\n";
  EXPECT_EQ(pair.conditional.text, system +
                                       "<|im_start|>user\nHi<|im_end|>\n"
                                       "<|im_start|>assistant\nYes<|im_end|>\n");
  EXPECT_EQ(pair.direct.text, system + "<|im_start|>assistant\nYes<|im_end|>\n");
}

TEST(ChatTemplate, ChatmlInsertsNothing) {
  const RenderedPair pair = render("chatml", question("Hi", "Yes"));
  EXPECT_EQ(pair.conditional.text,
            "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nYes<|im_end|>\n");
  EXPECT_EQ(pair.direct.text, "<|im_start|>assistant\nYes<|im_end|>\n");
}

TEST(ChatTemplate, TheDirectTextNeverHoldsTheGivenSystemMessage) {
  Sample sample = question("Hi", "Yes");
  sample.system = "Be brief.";
  const RenderedPair pair = render("chatml", sample);
  EXPECT_TRUE(pair.conditional.text.starts_with(
      "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n"));
  EXPECT_EQ(pair.direct.text, "<|im_start|>assistant\nYes<|im_end|>\n");
}

TEST(ChatTemplate, TheRowsSystemMessageComesBeforeTheJobsAndTheTemplatesOwn) {
  Sample sample = question("Hi", "Yes");
  EXPECT_NE(render("iterit-llama-3", sample).conditional.text.find("You are a helpful assistant."),
            std::string::npos);
  const std::string with_job = render("iterit-llama-3", sample, {.system = "JOB"}).conditional.text;
  EXPECT_NE(with_job.find("JOB<|end_of_text|>"), std::string::npos);
  EXPECT_EQ(with_job.find("helpful"), std::string::npos);
  sample.system = "ROW";
  const std::string with_row = render("iterit-llama-3", sample, {.system = "JOB"}).conditional.text;
  EXPECT_NE(with_row.find("ROW<|end_of_text|>"), std::string::npos);
  EXPECT_EQ(with_row.find("JOB"), std::string::npos);
}

TEST(ChatTemplate, InputFollowsTheInstructionAfterTheJoin) {
  Sample sample = question("Add", "3");
  sample.input = "1 and 2";
  EXPECT_NE(render("chatml", sample).conditional.text.find("user\nAdd\nInput: 1 and 2<|im_end|>"),
            std::string::npos);
  EXPECT_NE(render("chatml", sample, {.system = "", .join = " | "})
                .conditional.text.find("user\nAdd | 1 and 2<|im_end|>"),
            std::string::npos);
}

TEST(ChatTemplate, HistoryBecomesEarlierTurns) {
  Sample sample = question("Q2", "A2");
  sample.history = {{Turn::Role::user, "Q1"}, {Turn::Role::assistant, " A1 "}};
  EXPECT_EQ(render("mistral", sample).conditional.text,
            "<s>[INST] Q1[/INST] A1</s>[INST] Q2[/INST] A2</s>");
  EXPECT_EQ(render("mistral", sample).direct.text, "<s> A2</s>");
}

TEST(ChatTemplate, ASystemTurnInsideTheHistoryIsRefused) {
  Sample sample = question("Q2", "A2");
  sample.history = {{Turn::Role::user, "Q1"}, {Turn::Role::system, "S"}};
  for (const char* name : {"chatml", "alpaca", "vicuna", "bare"}) {
    EXPECT_THROW((void)render(name, sample), TemplateRefused) << name;
    EXPECT_THROW((void)make_template(name, {})->render_prompt(sample), TemplateRefused) << name;
  }
}

TEST(ChatTemplate, AnEmptySystemMessageIsWrittenDown) {
  Sample sample = question("Q", "A");
  sample.system = "";
  const std::string expected =
      "<|im_start|>system\n<|im_end|>\n<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\nA"
      "<|im_end|>\n";
  EXPECT_EQ(render("qwen-2.5", sample).conditional.text, expected);
  EXPECT_EQ(render("chatml", sample, {.system = "JOB"}).conditional.text, expected);
  EXPECT_TRUE(render("gemma-3", sample)
                  .conditional.text.starts_with("<bos><start_of_turn>user\n\n\nQ<end_of_turn>\n"));
}

TEST(ChatTemplate, RolesMustAlternateWhereTheTemplateSaysSo) {
  Sample sample = question("Q2", "A2");
  for (const std::vector<Turn>& history :
       {std::vector<Turn>{{Turn::Role::user, "Q1"}},
        std::vector<Turn>{{Turn::Role::assistant, "A1"}},
        std::vector<Turn>{{Turn::Role::assistant, "A1"}, {Turn::Role::user, "Q1"}}}) {
    sample.history = history;
    for (const char* name : {"gemma-3", "mistral"}) {
      EXPECT_THROW((void)render(name, sample), TemplateRefused) << name;
      EXPECT_THROW((void)make_template(name, {})->render_prompt(sample), TemplateRefused) << name;
    }
    EXPECT_NO_THROW((void)render("chatml", sample));
  }
}

TEST(ChatTemplate, ATemplateThatDropsTheSystemMessageSaysSoToAJobThatGivesOne) {
  EXPECT_THROW((void)make_template("mistral", {.system = "Be brief."}), core::UsageError);
  Sample sample = question("Q", "A");
  sample.system = "ROW";
  EXPECT_EQ(render("mistral", sample).conditional.text, "<s>[INST] Q[/INST] A</s>");
}

TEST(ChatTemplate, ThoughtsBelongToThePrompt) {
  Sample sample = question("Q", "<think>\nhm\n</think>\n\nA");
  sample.history = {{Turn::Role::user, "P"}, {Turn::Role::assistant, "<think>x</think>\nB"}};
  const RenderedPair pair = render("qwen-3", sample);
  EXPECT_EQ(pair.conditional.text,
            "<|im_start|>user\nP<|im_end|>\n<|im_start|>assistant\nB<|im_end|>\n<|im_start|>user\nQ"
            "<|im_end|>\n<|im_start|>assistant\n<think>\nhm\n</think>\n\nA<|im_end|>\n");
  EXPECT_EQ(answer_of(pair.conditional), "A");
  EXPECT_EQ(pair.direct.text, "<|im_start|>assistant\nA<|im_end|>\n");
  sample.instruction = "<tool_response>7</tool_response>";
  EXPECT_THROW((void)render("qwen-3", sample), core::DataError);
}

struct SpanCase {
  const char* what;
  const char* instruction;
  const char* output;
  const char* trimmed;
};

class AnswerSpan : public ::testing::TestWithParam<SpanCase> {};

TEST_P(AnswerSpan, IsExactInEveryNamedForm) {
  const SpanCase& c = GetParam();
  for (const ChatForm& form : named_forms()) {
    const RenderedPair pair = render(form.name, question(c.instruction, c.output));
    const bool trims = form.name.find("llama") != std::string::npos ||
                       form.name.find("mistral") != std::string::npos ||
                       form.name.find("gemma") != std::string::npos;
    const std::string expected = trims ? c.trimmed : c.output;
    for (const RenderedText* text : {&pair.conditional, &pair.direct}) {
      EXPECT_EQ(answer_of(*text), expected) << form.name << ": " << c.what;
      EXPECT_EQ(closing_of(*text), form.answer_close) << form.name << ": " << c.what;
      EXPECT_EQ(text->scored_end, text->text.size()) << form.name << ": " << c.what;
    }
    EXPECT_TRUE(std::string_view(pair.conditional.text)
                    .substr(0, pair.conditional.answer_begin)
                    .ends_with(form.user_close + form.answer_open +
                               (form.has_thoughts ? "<think>\n\n</think>\n\n" : "")))
        << form.name << ": " << c.what;
  }
}

INSTANTIATE_TEST_SUITE_P(
    ChatTemplate, AnswerSpan,
    ::testing::Values(SpanCase{"plain", "Say yes", "Yes.", "Yes."},
                      SpanCase{"also in the prompt", "Yes. Yes.", "Yes.", "Yes."},
                      SpanCase{"in the closing text", "Which word?", "end", "end"},
                      SpanCase{"closing text itself", "Which token?", "<|im_end|>\n", "<|im_end|>"},
                      SpanCase{"white space around", "Q", " \n\tA b\n ", "A b"},
                      SpanCase{"Unicode white space around", "Q",
                               "\xE3\x80\x80\xC2\xA0好\xE2\x80\xA8", "好"},
                      SpanCase{"zero-width space is none", "Q", "\u200B.", "\u200B."},
                      SpanCase{"empty", "Q", "", ""}, SpanCase{"white space only", "Q", " \n ", ""},
                      SpanCase{"prompt of white space", " ", "A", "A"}));

TEST(Strip, IsPythonsStrip) {
  EXPECT_EQ(strip("\x1C\x1F\x85 a\x1E"), "\x85 a");  // a bare 0x85 is no UTF-8 character
  EXPECT_EQ(strip("\xC2\x85 a b \xE2\x80\x8A"), "a b");
  EXPECT_EQ(strip(" \t\r\n\v\f"), "");
  EXPECT_EQ(strip(""), "");
  EXPECT_EQ(strip("\xE1\xA0\x8E"), "\xE1\xA0\x8E");  // U+180E is no white space any more
}

constexpr const char* kFolderForm =
    R"({"format": "winnow chat form 1", "source": "{{ x }}", "name": "own-1",
  "start": "<b>", "system_place": "in_first_user", "system_open": "[S]", "system_close": "[/S]", "no_system": "",
  "own_system": "", "user_open": "<u>", "user_close": "</u>", "assistant_open": "<a>", "assistant_close": "</a>",
  "answer_open": "<A>", "answer_close": "</A>", "direct_open": "<b><A>", "trim_system": true, "trim_user": false,
  "trim_assistant": false, "trim_answer": true})";

TEST(FolderForm, RendersWithTheSystemMessageInTheFirstUserTurn) {
  const FolderForm folder = parse_folder_form(kFolderForm, "winnow_template.json");
  EXPECT_EQ(folder.source, "{{ x }}");
  Sample sample = question("Q2", " A2 ");
  sample.system = " S ";
  sample.history = {{Turn::Role::user, "Q1"}, {Turn::Role::assistant, "A1"}};
  const RenderedPair pair = make_chat_template(folder.form, {})->render(sample);
  EXPECT_EQ(pair.conditional.text, "<b><u>[S]S[/S]Q1</u><a>A1</a><u>Q2</u><A>A2</A>");
  EXPECT_EQ(pair.direct.text, "<b><A>A2</A>");
}

TEST(FolderForm, SaysWhatItsTemplateDemands) {
  std::string text = kFolderForm;
  text.replace(1, 0, R"("must_alternate": true, "drops_empty_system": true, )");
  const auto folder = make_chat_template(parse_folder_form(text, "f").form, {.system = "JOB"});
  Sample sample = question("Q", "A");
  sample.system = "";
  EXPECT_EQ(folder->render(sample).conditional.text, "<b><u>Q</u><A>A</A>");
  sample.history = {{Turn::Role::user, "Q1"}};
  EXPECT_THROW((void)folder->render(sample), TemplateRefused);
}

TEST(ChatTemplate, OfMistralPutsASystemMessageBeforeTheLastQuestionOnlyWhereNoAnswerFollows) {
  Sample sample = question("Q2", "A2");
  sample.system = "Be brief.";
  sample.history = {{Turn::Role::user, "Q1"}, {Turn::Role::assistant, "A1"}};
  const auto mistral = make_template("mistral", {});
  EXPECT_EQ(mistral->render_prompt(sample),
            "<s>[INST] Q1[/INST] A1</s>[INST] Be brief.\n\nQ2[/INST]");
  EXPECT_EQ(mistral->render(sample).conditional.text,
            "<s>[INST] Q1[/INST] A1</s>[INST] Q2[/INST] A2</s>");
}

TEST(FolderForm, PromptsOnlyWhereTheGenerationPromptIsKnown) {
  const auto prompt = [](const std::string& value) {
    std::string text = kFolderForm;
    text.replace(1, 0, R"("generation_open": )" + value + ", ");
    return make_chat_template(parse_folder_form(text, "f").form, {})
        ->render_prompt(question("Q", "A"));
  };
  EXPECT_EQ(prompt(R"("<G>")"), "<b><u>Q</u><G>");
  EXPECT_EQ(prompt(R"("")"), "<b><u>Q</u>");
  EXPECT_THROW(static_cast<void>(prompt("null")), core::ModelError);
  EXPECT_THROW(static_cast<void>(prompt("1")), core::ModelError);
  const auto older = make_chat_template(parse_folder_form(kFolderForm, "f").form, {});
  EXPECT_THROW(static_cast<void>(older->render_prompt(question("Q", "A"))), core::ModelError);
}

TEST(FolderForm, BadFilesAreModelErrorsThatNameFileAndKey) {
  const auto message = [](std::string text, const std::string& old_text,
                          const std::string& new_text) {
    const std::size_t at = text.find(old_text);
    EXPECT_NE(at, std::string::npos);
    text.replace(at, old_text.size(), new_text);
    try {
      (void)parse_folder_form(text, "model/winnow_template.json");
    } catch (const core::ModelError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(message(kFolderForm, "\"trim_user\": false", "\"trim_user\": 0"),
            "model/winnow_template.json: key trim_user is neither true nor false; expected what "
            "`./winnow import` "
            "writes for a chat template");
  EXPECT_NE(message(kFolderForm, "\"user_open\": \"<u>\"", "\"user_open\": 1")
                .find("key user_open is not a string"),
            std::string::npos);
  EXPECT_NE(message(kFolderForm, "\"user_open\": \"<u>\",", "").find("key user_open is missing"),
            std::string::npos);
  EXPECT_NE(message(kFolderForm, "\"start\"", "\"more\": 1, \"start\"").find("key more is unknown"),
            std::string::npos);
  EXPECT_NE(message(kFolderForm, "in_first_user", "nowhere").find("system_place is \"nowhere\""),
            std::string::npos);
  EXPECT_NE(message(kFolderForm, "form 1", "form 9").find("format is \"winnow chat form 9\""),
            std::string::npos);
  EXPECT_NE(message(kFolderForm, "{\"format\"", "[\"format\"").find("is not valid JSON"),
            std::string::npos);
}

}  // namespace
}  // namespace winnow::data
