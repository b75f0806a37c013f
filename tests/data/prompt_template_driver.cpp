// Renders samples for chat_template_parity_test.py: JSON lines in, JSON lines out. The text is read
// as bytes, so spans are in bytes.

#include <iostream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "data/prompt_template.hpp"
#include "data/prompt_template_iterit.hpp"

namespace {

using Json = nlohmann::json;
using winnow::data::RenderedText;
using winnow::data::Sample;
using winnow::data::TemplateOptions;
using winnow::data::Turn;

Sample sample_of(const Json& row) {
  Sample sample;
  if (row.contains("system")) sample.system = row.at("system").get<std::string>();
  for (const Json& turn : row.value("history", Json::array()))
    sample.history.push_back({turn.at(0) == "system" ? Turn::Role::system
                              : turn.at(0) == "user" ? Turn::Role::user
                                                     : Turn::Role::assistant,
                              turn.at(1)});
  sample.instruction = row.at("instruction");
  sample.input = row.value("input", "");
  sample.output = row.at("output");
  return sample;
}

Json json_of(const RenderedText& rendered) {
  return {{"text", rendered.text},
          {"answer_begin", rendered.answer_begin},
          {"answer_end", rendered.answer_end},
          {"scored_end", rendered.scored_end}};
}

Json answer(const Json& question) {
  if (question.contains("names"))
    return std::vector<std::string>(winnow::data::template_names().begin(),
                                    winnow::data::template_names().end());
  if (question.contains("prefix_of"))
    return {{"prefix", winnow::data::iterit_prefix(question.at("prefix_of").get<std::string>(),
                                                   question.at("output").get<std::string>())}};
  TemplateOptions options;
  options.system = question.value("system", "");
  const auto prompt_template =
      question.contains("folder")
          ? winnow::data::template_for_folder(question.at("folder").get<std::string>(),
                                              question.at("chat_template").get<std::string>(),
                                              options)
          : winnow::data::make_template(question.at("template").get<std::string>(), options);
  const Sample sample = sample_of(question.at("sample"));
  const auto pair = prompt_template->render(sample);
  return {{"name", prompt_template->name()},
          {"prompt", prompt_template->render_prompt(sample)},
          {"conditional", json_of(pair.conditional)},
          {"direct", json_of(pair.direct)}};
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    try {
      std::cout << answer(Json::parse(line)).dump() << '\n';
    } catch (const winnow::core::Error& error) {
      std::cout << Json{{"error", error.what()}, {"code", static_cast<int>(error.code())}}.dump()
                << '\n';
    }
  }
}
