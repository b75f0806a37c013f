#include "scoring/tag_prompt.hpp"

#include "core/error.hpp"

namespace winnow::scoring {

std::string instag_prompt(std::string_view query) {
  std::string prompt =
      "You are a tagging system that provides useful tags for instruction intentions to "
      "distinguish instructions for a helpful AI assistant. Below is an instruction:\n[begin]\n";
  prompt += query;
  return prompt +
         "\n[end]\nPlease provide coarse-grained tags, such as \"Spelling and Grammar Check\" and "
         "\"Cosplay\", to identify main intentions of above instruction. Your answer should be a "
         "list including titles of tags and a brief explanation of each tag. Your response have to "
         "strictly follow this JSON format: [{\"tag\": str, \"explanation\": str}]. Please "
         "response in English.";
}

std::string instagger_prompt(std::string_view query) {
  std::string prompt =
      "Please identify tags of user intentions in the following user query and provide an "
      "explanation for each tag. Please respond in the JSON format {\"tag\": str, "
      "\"explanation\": str}.\nUser query: ";
  return prompt.append(query);
}

TagPrompt tag_prompt_named(std::string_view name) {
  core::check(name == "instagger" || name == "instag", "a prompt for tags has one of two names");
  return name == "instag" ? instag_prompt : instagger_prompt;
}

}  // namespace winnow::scoring
