#include "data/prompt_template_plain.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace winnow::data {
namespace {

/// The row's own system message, else the job's, else `otherwise`.
std::string_view system_or(const Sample& sample, const TemplateOptions& options,
                           std::string_view otherwise) {
  if (sample.system) return *sample.system;
  return options.system.empty() ? otherwise : std::string_view(options.system);
}

constexpr std::string_view kAlpacaResponse = "### Response:";

Opening alpaca_prompt(const Sample& sample, const TemplateOptions& options) {
  constexpr std::string_view kOpening =
      "Below is an instruction that describes a task. Write a response that appropriately "
      "completes the request.";
  constexpr std::string_view kOpeningWithInput =
      "Below is an instruction that describes a task, paired with an input that provides further "
      "context. Write a response that "
      "appropriately completes the request.";
  Opening opening;
  std::string& text = opening.text;
  text = system_or(sample, options, sample.input.empty() ? kOpening : kOpeningWithInput);
  text += "\n\n";
  for (const Turn& turn : sample.history) {
    if (turn.role == Turn::Role::user) text += "### Instruction:\n" + turn.text;
    if (turn.role == Turn::Role::assistant) {
      text += kAlpacaResponse;
      opening.append_answer(turn.text, "");
    }
    text += "\n\n";
  }
  text += "### Instruction:\n" + sample.instruction + "\n\n";
  if (!sample.input.empty()) text += "### Input:\n" + sample.input + "\n\n";
  text += kAlpacaResponse;
  return opening;
}

constexpr std::string_view kVicunaAssistant = "ASSISTANT: ";
constexpr std::string_view kVicunaClosing = "</s>";

Opening vicuna_prompt(const Sample& sample, const TemplateOptions& options) {
  Opening opening;
  std::string& text = opening.text;
  text =
      system_or(sample, options,
                "A chat between a curious user and an artificial intelligence assistant. The "
                "assistant gives helpful, detailed, and polite answers to the user's questions.");
  text += ' ';
  for (const Turn& turn : sample.history) {
    if (turn.role == Turn::Role::user) text += "USER: " + turn.text + " ";
    if (turn.role == Turn::Role::assistant) {
      text += kVicunaAssistant;
      opening.append_answer(turn.text, kVicunaClosing);
    }
  }
  text += "USER: " + sample.instruction;
  if (!sample.input.empty()) text += options.join + sample.input;
  text += ' ';
  text += kVicunaAssistant;
  return opening;
}

Opening bare_prompt(const Sample& sample, const TemplateOptions& options) {
  Opening opening;
  const auto add_line = [&](std::string_view line) { opening.text.append(line).append("\n"); };
  if (const std::string_view system = system_or(sample, options, {}); !system.empty())
    add_line(system);
  for (const Turn& turn : sample.history) {
    if (turn.role == Turn::Role::assistant)
      opening.append_answer(turn.text, "\n");
    else
      add_line(turn.text);
  }
  add_line(sample.instruction);
  if (!sample.input.empty()) add_line(sample.input);
  return opening;
}

constexpr std::array<PlainForm, 3> kPlainForms = {{
    {"alpaca", alpaca_prompt, kAlpacaResponse, "", 0},
    {"vicuna", vicuna_prompt, kVicunaAssistant, kVicunaClosing, 1},
    {"bare", bare_prompt, "", "", 0},
}};

class PlainTemplate final : public PromptTemplate {
 public:
  PlainTemplate(const PlainForm& form, TemplateOptions options)
      : form_(form), options_(std::move(options)) {}

  std::string_view name() const override { return form_.name; }
  bool tokenizer_adds_special_tokens() const override { return true; }
  bool scores_closing_tokens() const override { return false; }

  RenderedPair render(const Sample& sample) const override {
    refuse_late_system(sample);
    return {with_answer(form_.prompt(sample, options_), sample),
            with_answer({std::string(form_.direct_open), {}}, sample)};
  }

  std::string render_prompt(const Sample& sample) const override {
    refuse_late_system(sample);
    std::string prompt = form_.prompt(sample, options_).text;
    prompt.resize(prompt.size() - form_.left_to_answer);
    return prompt;
  }

 private:
  void refuse_late_system(const Sample& sample) const {
    for (const Turn& turn : sample.history)
      if (turn.role == Turn::Role::system)
        throw TemplateRefused(
            fmt::format("template {}: a system message stands after the first turn; expected only "
                        "user and assistant turns there",
                        form_.name));
  }

  RenderedText with_answer(Opening before, const Sample& sample) const {
    RenderedText rendered;
    rendered.answer_begin = before.text.size();
    rendered.text = std::move(before.text) + sample.output;
    rendered.earlier_answers = std::move(before.earlier_answers);
    rendered.answer_end = rendered.scored_end = rendered.text.size();
    rendered.closing = form_.closing;
    return rendered;
  }

  PlainForm form_;
  TemplateOptions options_;
};

}  // namespace

std::span<const PlainForm> plain_forms() { return kPlainForms; }

std::unique_ptr<PromptTemplate> make_plain_template(const PlainForm& form,
                                                    TemplateOptions options) {
  return std::make_unique<PlainTemplate>(form, std::move(options));
}

}  // namespace winnow::data
