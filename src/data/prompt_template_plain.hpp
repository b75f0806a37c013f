#pragma once

#include <memory>

#include "data/prompt_template.hpp"

namespace winnow::data {

/// stanford_alpaca's two prompt forms. Earlier turns repeat the instruction and response blocks; a system message takes the place of
/// the opening sentences. Direct: `### Response:` and the answer (Cherry, methods.md 6a).
[[nodiscard]] std::unique_ptr<PromptTemplate> make_alpaca_template(TemplateOptions options);

/// FastChat's vicuna v1.1. Direct: `ASSISTANT: ` and the answer.
[[nodiscard]] std::unique_ptr<PromptTemplate> make_vicuna_template(TemplateOptions options);

/// Superfiltering's prompt without any marker: instruction, input if there is one, answer, each earlier message and the system
/// message on lines of their own before them. Direct: the answer.
[[nodiscard]] std::unique_ptr<PromptTemplate> make_bare_template(TemplateOptions options);

}  // namespace winnow::data
