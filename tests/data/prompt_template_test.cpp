#include "data/prompt_template.hpp"

#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "data/prompt_template_iterit.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::data {
namespace {

Sample sample_with_input() {
  Sample sample;
  sample.instruction = "Add";
  sample.input = "1 and 2";
  sample.output = " 3";
  return sample;
}

template <typename Error, typename Function>
std::string message_of(Function function) {
  try {
    function();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

void expect_plain_span(const RenderedText& text, const Sample& sample) {
  EXPECT_EQ(text.text.substr(text.answer_begin), sample.output);
  EXPECT_EQ(text.answer_end, text.text.size());
  EXPECT_EQ(text.scored_end, text.text.size());
}

TEST(PromptTemplate, PromptsEndWhereTheAnswerIsToCome) {
  const auto prompt = [](const char* name) {
    return make_template(name, {})->render_prompt(sample_with_input());
  };
  EXPECT_EQ(prompt("chatml"),
            "<|im_start|>user\nAdd\nInput: 1 and 2<|im_end|>\n<|im_start|>assistant\n");
  EXPECT_EQ(prompt("mistral"), "<s>[INST] Add\nInput: 1 and 2[/INST]");
  EXPECT_EQ(prompt("bare"), "Add\n1 and 2\n");
  EXPECT_TRUE(prompt("alpaca").ends_with("### Input:\n1 and 2\n\n### Response:"));
  EXPECT_TRUE(prompt("vicuna").ends_with("USER: Add\nInput: 1 and 2 ASSISTANT:"));
  EXPECT_TRUE(prompt("llama-3").ends_with(
      "1 and 2<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"));
}

TEST(PlainTemplate, AlpacaHasStanfordsTwoForms) {
  const auto alpaca = make_template("alpaca", {});
  EXPECT_TRUE(alpaca->tokenizer_adds_special_tokens());
  EXPECT_FALSE(alpaca->scores_closing_tokens());
  Sample sample = sample_with_input();
  RenderedPair pair = alpaca->render(sample);
  EXPECT_EQ(pair.conditional.text,
            "Below is an instruction that describes a task, paired with an input that provides "
            "further context. Write a "
            "response that appropriately completes the request.\n\n### Instruction:\nAdd\n\n### "
            "Input:\n1 and 2\n\n### "
            "Response: 3");
  EXPECT_EQ(pair.direct.text, "### Response: 3");
  expect_plain_span(pair.conditional, sample);
  expect_plain_span(pair.direct, sample);
  sample.input.clear();
  EXPECT_EQ(alpaca->render(sample).conditional.text,
            "Below is an instruction that describes a task. Write a response that appropriately "
            "completes the request."
            "\n\n### Instruction:\nAdd\n\n### Response: 3");
}

TEST(PlainTemplate, AlpacaRepeatsItsBlocksForHistoryAndPutsASystemMessageInFront) {
  Sample sample;
  sample.system = "S";
  sample.history = {{Turn::Role::user, "Q1"}, {Turn::Role::assistant, "A1"}};
  sample.instruction = "Q2";
  sample.output = "A2";
  EXPECT_EQ(
      make_template("alpaca", {})->render(sample).conditional.text,
      "S\n\n### Instruction:\nQ1\n\n### Response:A1\n\n### Instruction:\nQ2\n\n### Response:A2");
}

TEST(PlainTemplate, VicunaIsOneLineOfTurns) {
  const auto vicuna = make_template("vicuna", {});
  EXPECT_TRUE(vicuna->tokenizer_adds_special_tokens());
  EXPECT_FALSE(vicuna->scores_closing_tokens());
  Sample sample = sample_with_input();
  sample.history = {{Turn::Role::user, "Q1"}, {Turn::Role::assistant, "A1"}};
  const RenderedPair pair = vicuna->render(sample);
  EXPECT_EQ(pair.conditional.text,
            "A chat between a curious user and an artificial intelligence assistant. The assistant "
            "gives helpful, detailed, "
            "and polite answers to the user's questions. USER: Q1 ASSISTANT: A1</s>USER: "
            "Add\nInput: 1 and 2 ASSISTANT:  3");
  EXPECT_EQ(pair.direct.text, "ASSISTANT:  3");
  expect_plain_span(pair.conditional, sample);
  expect_plain_span(pair.direct, sample);
}

TEST(PlainTemplate, BareHasNoMarkers) {
  const auto bare = make_template("bare", {});
  EXPECT_TRUE(bare->tokenizer_adds_special_tokens());
  EXPECT_FALSE(bare->scores_closing_tokens());
  Sample sample = sample_with_input();
  RenderedPair pair = bare->render(sample);
  EXPECT_EQ(pair.conditional.text, "Add\n1 and 2\n 3");
  EXPECT_EQ(pair.direct.text, " 3");
  expect_plain_span(pair.conditional, sample);
  expect_plain_span(pair.direct, sample);
  sample.input.clear();
  EXPECT_EQ(bare->render(sample).conditional.text, "Add\n 3");
  sample.history = {{Turn::Role::user, "Q1"}, {Turn::Role::assistant, "A1"}};
  EXPECT_EQ(bare->render(sample).conditional.text, "Q1\nA1\nAdd\n 3");
}

TEST(PromptTemplate, EveryListedNameCanBeMadeAndAnswersToIt) {
  for (const std::string_view name : template_names())
    EXPECT_EQ(make_template(name, {})->name(), name);
  EXPECT_EQ(template_names().size(), 16U);
}

TEST(PromptTemplate, AnUnknownNameIsAUsageErrorThatListsTheNearestFirst) {
  EXPECT_EQ(
      message_of<core::UsageError>([] { (void)make_template("iterit-lama-3", {}); }),
      "there is no template \"iterit-lama-3\"; expected iterit-llama-3, iterit-llama-3.1, llama-3, "
      "iterit-mistral, iterit-qwen-2.5, gemma-3, llama-3.1, qwen-3, chatml, qwen-2.5, mistral, "
      "smollm2, deepseek-v3, alpaca, vicuna, bare or auto");
}

TEST(TemplateForFolder, RefusesAFolderWithoutAChatTemplate) {
  const test::TemporaryFolder folder;
  const std::string message =
      message_of<core::ModelError>([&] { (void)template_for_folder(folder.path(), "", {}); });
  EXPECT_TRUE(
      message.starts_with("model folder " + folder.path().string() +
                          " has no chat template: set model.template to one of chatml, llama-3,"))
      << message;
}

TEST(TemplateForFolder, SendsAnUnknownChatTemplateToImport) {
  const test::TemporaryFolder folder;
  const std::string message = message_of<core::ModelError>(
      [&] { (void)template_for_folder(folder.path(), "{{ messages }}", {}); });
  EXPECT_NE(message.find("run `./winnow import " + folder.path().string() +
                         "` once to render it, or set model.template"),
            std::string::npos)
      << message;
}

TEST(TemplateForFolder, KnowsAVendorsText) {
  const test::TemporaryFolder folder;
  const std::string smollm2 =
      "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ "
      "'<|im_start|>system\nYou are a "
      "helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}{% endif "
      "%}{{'<|im_start|>' + message['role'] "
      "+ '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt "
      "%}{{ "
      "'<|im_start|>assistant\n' }}{% endif %}";
  EXPECT_EQ(template_for_folder(folder.path(), smollm2, {})->name(), "smollm2");
}

TEST(TemplateForFolder, AnImportThatRepeatsANamedTemplateGoesByItsName) {
  const test::TemporaryFolder folder;
  const std::string source =
      "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ "
      "'<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging "
      "Face<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + "
      "message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ "
      "'<|im_start|>assistant\n' }}{% endif %}";
  const std::string sentence =
      R"(system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n)";
  const auto write = [&](const std::string& user_open) {
    std::string json =
        R"({"format": "winnow chat form 1", "name": "own-1", "start": "<|im_start|>", "system_place": "block",
            "system_open": "system\n", "system_close": "<|im_end|>\n", "no_system": "SENTENCE", "own_system": "",
            "user_open": "USER", "user_close": "<|im_end|>\n", "assistant_open": "<|im_start|>assistant\n",
            "assistant_close": "<|im_end|>\n", "answer_open": "<|im_start|>assistant\n", "answer_close": "<|im_end|>\n",
            "direct_open": "<|im_start|>SENTENCE<|im_start|>assistant\n", "source": "",
            "trim_system": false, "trim_user": false, "trim_assistant": false, "trim_answer": false})";
    for (std::size_t at = 0; (at = json.find("SENTENCE")) != std::string::npos;)
      json.replace(at, 8, sentence);
    json.replace(json.find("USER"), 4, user_open);
    std::ofstream(folder.path() / "winnow_template.json") << json;
  };
  write("<|im_start|>user\\n");
  EXPECT_EQ(template_for_folder(folder.path(), source, {})->name(), "smollm2");
  write("<|im_start|>USER\\n");  // edited by the user: it is no longer the vendor's
  EXPECT_EQ(template_for_folder(folder.path(), source, {})->name(), "own-1");
}

TEST(TemplateForFolder, TakesTheImportedFormAndRefusesAStaleOne) {
  const test::TemporaryFolder folder;
  std::ofstream(folder.path() / "winnow_template.json")
      << R"({"format": "winnow chat form 1", "source": "THEIRS", "name": "own-1", "start": "", "system_place": "block",
             "system_open": "", "system_close": "", "no_system": "", "own_system": "", "user_open": "U:", "user_close": ";",
             "assistant_open": "A:", "assistant_close": ";", "answer_open": "A:", "answer_close": ";", "direct_open": "A:",
             "trim_system": false, "trim_user": false, "trim_assistant": false, "trim_answer": false})";
  const auto own = template_for_folder(folder.path(), "THEIRS", {});
  EXPECT_EQ(own->name(), "own-1");
  EXPECT_EQ(own->render(sample_with_input()).conditional.text, "U:Add\nInput: 1 and 2;A: 3;");
  const std::string message =
      message_of<core::ModelError>([&] { (void)template_for_folder(folder.path(), "OTHER", {}); });
  EXPECT_NE(message.find("was made from another chat template"), std::string::npos) << message;
}

TEST(IterItPrefix, EndsBeforeTheLastOccurrence) {
  EXPECT_EQ(iterit_prefix("[INST] yes[/INST] yes</s>", "yes"), "[INST] yes[/INST] ");
  EXPECT_EQ(iterit_prefix("aaa", "aa"), "a");
}

TEST(IterItPrefix, FindsAShortAnswerInsideTheClosingToken) {
  EXPECT_EQ(iterit_prefix("...\n\ne<|eot_id|>", "e"), "...\n\ne<|");
  EXPECT_EQ(iterit_prefix("...\n\nid<|eot_id|>", "id"), "...\n\nid<|eot_");
}

TEST(IterItPrefix, IsAllButTheLastCharacterWhereTheTemplateTrimmedTheAnswer) {
  EXPECT_EQ(iterit_prefix("...\n\nyes<|eot_id|>", "yes "), "...\n\nyes<|eot_id|");
  EXPECT_EQ(iterit_prefix("A好", "B"), "A");
  EXPECT_EQ(iterit_prefix("A\xF0\x9F\x98\x80", "B"), "A");
  EXPECT_EQ(iterit_prefix("", "B"), "");
}

TEST(IterItPrefix, IsTheWholeTextForAnEmptyAnswer) {
  EXPECT_EQ(iterit_prefix("...\n\n<|eot_id|>", ""), "...\n\n<|eot_id|>");
}

}  // namespace
}  // namespace winnow::data
