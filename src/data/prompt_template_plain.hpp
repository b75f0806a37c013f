#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "data/prompt_template.hpp"

namespace winnow::data {

/// A template that is no chat template: the tokenizer adds what it itself adds, and nothing closes
/// the answer.
struct PlainForm {
  std::string_view name;
  /// Everything before the answer.
  Opening (*prompt)(const Sample& sample, const TemplateOptions& options);
  /// Everything before the answer of the direct text.
  std::string_view direct_open;
  /// RenderedText::closing.
  std::string_view closing;
  /// How many bytes of the prompt's end belong to the answer where it is to be generated.
  std::size_t left_to_answer = 0;
};

/// `alpaca`: stanford_alpaca's two prompt forms; earlier turns repeat the instruction and response
/// blocks, a system message takes the place of the opening sentences. Direct: `### Response:` and
/// the answer (methods.md 6a).
///
/// `vicuna`: FastChat's vicuna_v1.1, closed by `</s>`. Direct: `ASSISTANT: ` and the answer. An
/// answer is generated after `ASSISTANT:` without the space, as FastChat does.
///
/// `bare`: Superfiltering's prompt without any marker; system message and earlier messages on lines
/// of their own before it. Direct: the answer.
[[nodiscard]] std::span<const PlainForm> plain_forms();

[[nodiscard]] std::unique_ptr<PromptTemplate> make_plain_template(const PlainForm& form,
                                                                  TemplateOptions options);

}  // namespace winnow::data
