#include "pipeline/compare_recipes.hpp"

#include <map>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "pipeline/made_from.hpp"

namespace winnow::pipeline {
namespace {

using Json = nlohmann::ordered_json;

/// What a step of the file came to, and what the recipe says anyway.
const std::set<std::string> kNoSettings{"method", "budget",     "score",   "take",
                                        "filter", "aggregates", "rows_in", "eligible",
                                        "status", "rows_out",   "of",      "stratify.field"};

std::string written(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// By method and setting the values that compared steps have.
using Settings = std::map<std::string, std::map<std::string, std::set<std::string>>>;

Settings settings_of(const std::vector<Json>& selections) {
  Settings settings;
  for (const Json& steps : selections)
    for (const Json& step : steps)
      for (const auto& [name, value] : step.items())
        if (!kNoSettings.contains(name))
          settings[step.at("method").get<std::string>()][name].insert(written(value));
  return settings;
}

std::string recipe_of(const Json& step, const Settings& settings) {
  const std::string method = step.at("method").get<std::string>();
  if (step.contains("filter")) return step.at("filter").get<std::string>();
  std::string text = method;
  const auto add = [&](const char* before, const char* name, const std::string& usual) {
    if (const std::string value = step.contains(name) ? written(step.at(name)) : usual;
        !value.empty() && value != usual)
      text += before + value;
  };
  add(" of ", "budget", "all");
  add(" of the ", "of", "all");
  add(" by ", "score", "");
  add(", take ", "take", "top");
  add(", stratified by ", "stratify.field", "");
  const auto of_method = settings.find(method);
  if (of_method == settings.end()) return text;
  for (const auto& [name, values] : of_method->second)
    if (values.size() > 1 && step.contains(name))
      text += fmt::format(", {} {}", name, written(step.at(name)));
  return text;
}

Json steps_of(const ComparedSelection& selection) {
  try {
    Json steps = Json::parse(text_of(selection.stored.attributes, "steps").value_or(""));
    for (const Json& step : steps) static_cast<void>(step.at("method").get<std::string>());
    return steps;
  } catch (const nlohmann::json::exception& error) {
    throw core::ModelError(
        fmt::format("{}: damaged: steps: {}", selection.file.string(), error.what()));
  }
}

}  // namespace

std::vector<std::string> recipes(std::span<const ComparedSelection> selections) {
  std::vector<Json> steps;
  for (const ComparedSelection& selection : selections) steps.push_back(steps_of(selection));
  const Settings settings = settings_of(steps);
  std::vector<std::string> texts;
  for (const Json& selection : steps) {
    std::string& text = texts.emplace_back();
    for (const Json& step : selection)
      text += (text.empty() ? "" : ", then ") + recipe_of(step, settings);
  }
  return texts;
}

}  // namespace winnow::pipeline
