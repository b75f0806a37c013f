#include "data/chat_template.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/thoughts.hpp"

namespace winnow::data {
namespace {

/// Every character for which Python's str.isspace() holds, as UTF-8.
constexpr std::array<std::string_view, 29> kSpaces = {
    "\t",           "\n",           "\v",           "\f",           "\r",
    "\x1C",         "\x1D",         "\x1E",         "\x1F",         " ",
    "\xC2\x85",                                                                      // U+0085
    "\xC2\xA0",                                                                      // U+00A0
    "\xE1\x9A\x80",                                                                  // U+1680
    "\xE2\x80\x80", "\xE2\x80\x81", "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84",  // U+2000...
    "\xE2\x80\x85", "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89",
    "\xE2\x80\x8A",  // ...U+200A
    "\xE2\x80\xA8",  // U+2028
    "\xE2\x80\xA9",  // U+2029
    "\xE2\x80\xAF",  // U+202F
    "\xE2\x81\x9F",  // U+205F
    "\xE3\x80\x80",  // U+3000
};

std::string_view stripped_if(bool trim, std::string_view text) { return trim ? strip(text) : text; }

class ChatTemplate final : public PromptTemplate {
 public:
  ChatTemplate(ChatForm form, TemplateOptions options)
      : form_(std::move(form)), options_(std::move(options)) {}

  std::string_view name() const override { return form_.name; }
  bool tokenizer_adds_special_tokens() const override { return false; }
  bool scores_closing_tokens() const override { return true; }

  RenderedPair render(const Sample& sample) const override {
    Opening opened = prompt(sample, true);
    opened.text += form_.answer_open;
    const Opening direct{form_.direct_open, {}};
    if (!form_.has_thoughts)
      return {with_answer(std::move(opened), sample.output), with_answer(direct, sample.output)};
    const ThoughtfulAnswer answer = split_thoughts(sample.output);
    opened.text += thoughts_as_prompt(answer);
    return {with_answer(std::move(opened), without_leading_lines(answer.content)),
            with_answer(direct, answer.content)};
  }

  std::string render_prompt(const Sample& sample) const override {
    if (!form_.generation_open)
      throw core::ModelError(
          fmt::format("template {}: what it writes before an answer that is to be generated is not "
                      "known: run `./winnow import FOLDER` again, or set model.template to a name",
                      form_.name));
    return prompt(sample, false).text + *form_.generation_open;
  }

 private:
  /// [system?, earlier turns, user], as they stand when an answer follows.
  Opening prompt(const Sample& sample, bool is_answered) const {
    if (form_.must_alternate) check_alternation(sample.history);
    Opening opening;
    std::string& text = opening.text;
    text = form_.start;
    std::string in_user;  ///< goes into the next user text
    append_system(sample, text, in_user);
    std::string in_last_user;
    if (form_.system_place == ChatForm::SystemPlace::in_last_user) in_last_user.swap(in_user);
    for (const Turn& turn : sample.history) {
      switch (turn.role) {
        case Turn::Role::system:
          throw TemplateRefused(
              fmt::format("template {}: a system message stands after the first turn; expected "
                          "only user and assistant turns there",
                          form_.name));
        case Turn::Role::user:
          append_user(turn.text, text, in_user);
          break;
        case Turn::Role::assistant:
          text += form_.assistant_open;
          opening.append_answer(stripped_if(form_.trim_assistant,
                                            form_.has_thoughts ? split_thoughts(turn.text).content
                                                               : std::string_view(turn.text)),
                                form_.assistant_close);
          break;
      }
    }
    const std::string user = sample.input.empty()
                                 ? sample.instruction
                                 : sample.instruction + options_.join + sample.input;
    if (!is_answered) in_user += in_last_user;
    append_user(user, text, in_user);
    return opening;
  }

  void check_alternation(const std::vector<Turn>& history) const {
    for (std::size_t i = 0; i < history.size(); ++i)
      if (history[i].role != (i % 2 == 0 ? Turn::Role::user : Turn::Role::assistant))
        refuse_order();
    if (history.size() % 2 != 0) refuse_order();
  }

  [[noreturn]] void refuse_order() const {
    throw TemplateRefused(fmt::format(
        "template {}: user and assistant turns do not alternate, which this chat template demands",
        form_.name));
  }

  void append_system(const Sample& sample, std::string& text, std::string& in_user) const {
    std::optional<std::string_view> given = sample.system;
    if (given && given->empty() && form_.drops_empty_system) given.reset();
    for (const std::string* otherwise : {&options_.system, &form_.own_system})
      if (!sample.system && !given && !otherwise->empty()) given = *otherwise;
    if (!given) {
      text += form_.no_system;
      return;
    }
    switch (form_.system_place) {
      case ChatForm::SystemPlace::block:
        text.append(form_.system_open)
            .append(stripped_if(form_.trim_system, *given))
            .append(form_.system_close);
        break;
      case ChatForm::SystemPlace::in_first_user:
      case ChatForm::SystemPlace::in_last_user:
        text += form_.no_system;
        in_user.append(form_.system_open)
            .append(stripped_if(form_.trim_system, *given))
            .append(form_.system_close);
        break;
      case ChatForm::SystemPlace::dropped:
        text += form_.no_system;
        break;
      case ChatForm::SystemPlace::refused:
        throw TemplateRefused(fmt::format(
            "template {}: the row has a system message, which this chat template refuses",
            form_.name));
    }
  }

  /// Uses up `in_user`.
  void append_user(std::string_view user, std::string& text, std::string& in_user) const {
    if (form_.has_thoughts && is_tool_response(user))
      throw TemplateRefused(fmt::format(
          "template {}: a user text is a tool's response (<tool_response>), expected a user's own",
          form_.name));
    text.append(form_.user_open)
        .append(in_user)
        .append(stripped_if(form_.trim_user, user))
        .append(form_.user_close);
    in_user.clear();
  }

  RenderedText with_answer(Opening opening, std::string_view answer) const {
    RenderedText rendered;
    rendered.earlier_answers = std::move(opening.earlier_answers);
    std::string text = std::move(opening.text);
    rendered.answer_begin = text.size();
    text += stripped_if(form_.trim_answer, answer);
    rendered.answer_end = text.size();
    text += form_.answer_close;
    rendered.scored_end = text.size();
    rendered.text = std::move(text);
    return rendered;
  }

  ChatForm form_;
  TemplateOptions options_;
};

}  // namespace

std::unique_ptr<PromptTemplate> make_chat_template(ChatForm form, TemplateOptions options) {
  if (!options.system.empty() && (form.system_place == ChatForm::SystemPlace::dropped ||
                                  form.system_place == ChatForm::SystemPlace::in_last_user))
    throw core::UsageError(
        fmt::format("template {} leaves the system message out wherever an answer follows: "
                    "expected `system: none`, found one",
                    form.name));
  if (!options.system.empty() && form.system_place == ChatForm::SystemPlace::refused)
    throw core::UsageError(fmt::format(
        "template {} refuses a system message: expected `system: none`, found one", form.name));
  return std::make_unique<ChatTemplate>(std::move(form), std::move(options));
}

std::string_view strip(std::string_view text) {
  const auto* space = kSpaces.begin();
  const auto stands_first = [&](std::string_view each) { return text.starts_with(each); };
  while ((space = std::ranges::find_if(kSpaces, stands_first)) != kSpaces.end())
    text.remove_prefix(space->size());
  const auto stands_last = [&](std::string_view each) { return text.ends_with(each); };
  while ((space = std::ranges::find_if(kSpaces, stands_last)) != kSpaces.end())
    text.remove_suffix(space->size());
  return text;
}

}  // namespace winnow::data
