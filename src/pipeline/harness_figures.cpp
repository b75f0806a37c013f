#include "pipeline/harness_figures.hpp"

#include <array>
#include <filesystem>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/csv.hpp"
#include "core/durable_file.hpp"
#include "core/error.hpp"

namespace winnow::pipeline {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kLargestResult = std::uint64_t{64} << 20;
constexpr std::array kColumns = {"model",  "task",  "version", "few_shot",   "samples", "metric",
                                 "filter", "value", "stderr",  "difference", "lm_eval", "limit"};

Json read_result(const std::filesystem::path& file) {
  try {
    return Json::parse(core::read_file(file, kLargestResult));
  } catch (const Json::exception& error) {
    throw core::ModelError(
        fmt::format("{}: damaged ({}); remove it and run again", file.string(), error.what()));
  }
}

/// The value of the same figure by the base; null if it has none.
Json base_value(const Json& results, const std::string& base, const Json& row) {
  for (const Json& other : results)
    if (other.at("model") == base && other.at("task") == row.at("task") &&
        other.at("metric") == row.at("metric") && other.at("filter") == row.at("filter"))
      return other.at("value");
  return {};
}

std::string csv_value(const Json& value) {
  if (value.is_null()) return "";
  return core::csv_field(value.is_string() ? value.get<std::string>() : value.dump());
}

}  // namespace

Json harness_figures(const EvaluationJob& job, const RunFolder& folder) {
  const HarnessJob& harness = job.harness.value();
  std::vector<std::string> models = {job.base};
  for (const TunedModel& tuned : job.tuned) models.push_back(tuned.name);
  Json results = Json::array(), run_with;
  for (const std::string& model : models)
    for (const std::string& task : harness.tasks) {
      const Json found = read_result(folder.harness(model) / (task + ".json"));
      Json& used = run_with[model][task] = found.at("software");
      used["device"] = found.at("device");
      used["batch"] = found.at("batch");
      for (const Json& figure : found.at("figures")) {
        Json row{{"model", model}};
        row.update(figure);
        const Json base = model == job.base ? Json() : base_value(results, job.base, row);
        row["difference"] = base.is_null() || row.at("value").is_null()
                                ? Json()
                                : Json(row.at("value").get<double>() - base.get<double>());
        row["lm_eval"] = used.at("lm_eval");
        row["limit"] = harness.limit ? Json(*harness.limit) : Json();
        results.push_back(std::move(row));
      }
    }
  return {{"chat_template", harness.chat_template}, {"results", results}, {"run_with", run_with}};
}

std::string benchmarks_csv(const Json& benchmarks) {
  std::string text = fmt::format("{}\n", fmt::join(kColumns, ","));
  for (const Json& row : benchmarks.at("results")) {
    std::vector<std::string> values;
    for (const char* column : kColumns) values.push_back(csv_value(row.at(column)));
    text += fmt::format("{}\n", fmt::join(values, ","));
  }
  return text;
}

}  // namespace winnow::pipeline
