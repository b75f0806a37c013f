#include "pipeline/evaluation_files.hpp"

#include <filesystem>
#include <string>

#include "core/durable_file.hpp"
#include "pipeline/evaluation_figures.hpp"
#include "pipeline/json_text.hpp"
#include "store/index_file.hpp"

namespace winnow::pipeline {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kEvaluationVersion = 1;

/// What evaluation.json says of losses.
Json describe(const EvaluationJob& job, const EvaluatedRows& rows, const RunFolder& own) {
  const scoring::BootstrapOptions& bootstrap = job.bootstrap;
  Json json;
  json["unit"] = "nats per token of the answer";
  const store::IndexReader index(own.index());
  for (const store::InputFile& input : index.info().inputs)
    json["data"].push_back(
        {{"name", input.name}, {"bytes", input.bytes}, {"xxh3_128", input.hash}});
  json["category"] = job.category.empty() ? Json() : Json(job.category);
  json["interval"] = {
      {"confidence", bootstrap.confidence},
      {"resamples", bootstrap.resamples},
      {"seed", bootstrap.seed},
      {"method", "paired percentile bootstrap over rows (Efron & Tibshirani 1993, chapter 13)"}};
  json.update(evaluation_figures(rows, bootstrap));
  for (const EvaluatedModel& model : rows.models) json["settings"][model.name] = model.binding;
  return json;
}

/// Leaves a file that holds this already as it is.
void write_if_other(const std::filesystem::path& file, const std::string& text) {
  if (std::filesystem::exists(file) && std::filesystem::file_size(file) == text.size() &&
      core::read_file(file, text.size()) == text)
    return;
  core::write_file(file, text);
}

}  // namespace

Json write_losses(const RunFolder& folder, const EvaluationJob& job, const EvaluatedRows& rows) {
  write_if_other(folder.evaluated_rows(), rows_csv(rows));
  return describe(job, rows, folder.evaluation());
}

Json write_evaluation(const RunFolder& folder, const EvaluationJob& job, const Json& found) {
  Json evaluation{{"evaluation_version", kEvaluationVersion}, {"base", job.base}};
  evaluation.update(found);
  write_if_other(folder.evaluation_file(), json_text(evaluation));
  return evaluation;
}

}  // namespace winnow::pipeline
