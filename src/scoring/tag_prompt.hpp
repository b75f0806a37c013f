#pragma once

#include <string>
#include <string_view>

namespace winnow::scoring {

/// Asks a model for the tags of one message of a user; each message of a conversation is asked
/// about on its own.
using TagPrompt = std::string (*)(std::string_view query);

/// InsTag's prompt for a general assistant (ChatGPT in the paper): coarse-grained tags as a JSON
/// list. Source: arXiv 2308.07074, table 1.
[[nodiscard]] std::string instag_prompt(std::string_view query);

/// The prompt of InsTagger, InsTag's own tagging model, in FastChat's vicuna template. Source:
/// OFA-Sys/InsTag's README for the template, the model's published uses for the text.
[[nodiscard]] std::string instagger_prompt(std::string_view query);

/// By its name in a job: `instagger` or `instag`. @throws core::InternalError for another one.
[[nodiscard]] TagPrompt tag_prompt_named(std::string_view name);

}  // namespace winnow::scoring
