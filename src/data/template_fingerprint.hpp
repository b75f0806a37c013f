#pragma once

#include <string>

#include "data/prompt_template.hpp"

namespace winnow::data {

/// Hash of all that a template puts around messages: of what it renders for samples with and
/// without system message, earlier turns and input, spans included. XXH3-128, hexadecimal. Two
/// templates of one name and different texts differ here.
[[nodiscard]] std::string template_fingerprint(const PromptTemplate& prompt);

/// The same of what it renders for answers that are to be generated.
/// @throws core::ModelError if the template's generation prompt is not known
[[nodiscard]] std::string prompt_fingerprint(const PromptTemplate& prompt);

}  // namespace winnow::data
