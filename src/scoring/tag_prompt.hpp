#pragma once

#include <string>
#include <string_view>

namespace winnow::scoring {

/// InsTag's prompt for a general assistant (ChatGPT in the paper): coarse-grained tags of one user
/// query, as a JSON list. Each user message of a conversation is asked about on its own.
/// Source: arXiv 2308.07074, table 1.
[[nodiscard]] std::string tag_prompt(std::string_view query);

/// The prompt that InsTagger was trained on, in its `vicuna` template with the system text
/// kInstaggerSystem. Source: the model card of OFA-Sys/InsTagger, as Deita uses it.
[[nodiscard]] std::string instagger_prompt(std::string_view query);
inline constexpr std::string_view kInstaggerSystem =
    "A chat between a curious user and an artificial intelligence assistant. The assistant gives "
    "helpful, detailed, and polite answers to the human's questions.";

}  // namespace winnow::scoring
