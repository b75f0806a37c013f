#include "pipeline/evaluate_stage.hpp"

#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/evaluated_rows.hpp"
#include "pipeline/evaluation_figures.hpp"
#include "pipeline/evaluation_models.hpp"
#include "pipeline/json_text.hpp"
#include "pipeline/own_data.hpp"
#include "store/index_file.hpp"

namespace winnow::pipeline {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kEvaluationVersion = 1;

JournalledScorer score_model(Context& own, Json& manifest, const IndexedData& data,
                             const std::string& name, const ModelScorer& model,
                             const OpenScorer& opened) {
  JournalledScorer scored =
      score_rows(own, manifest, data,
                 {"evaluate", name, fmt::format("evaluated model '{}'", name), model, opened});
  stop_if_requested(own);
  return scored;
}

/// Collective. What each journal holds; root's.
EvaluatedRows read_rows(const Context& own, const IndexedData& data,
                        const std::vector<JournalledScorer>& scored, const std::string& category) {
  const bool is_root = own.communicator.is_root();
  EvaluatedRows rows;
  BlockContents contents = mpi::agree_on(
      own.communicator, [&] { return BlockContents(own.folder, own.job.block_rows); });
  for (const JournalledScorer& model : scored) {
    const BlockJournal journal(own, "evaluate", own.folder.journal(model.name), contents);
    mpi::agree_on(own.communicator, [&] {
      if (is_root) rows.models.push_back(read_losses(model, journal, contents));
    });
  }
  mpi::agree_on(own.communicator, [&] {
    if (is_root && !category.empty()) rows.category = read_categories(own, data, category);
  });
  return rows;
}

/// What evaluation.json holds.
Json describe(const EvaluationJob& job, const EvaluatedRows& rows, const RunFolder& own) {
  const scoring::BootstrapOptions& bootstrap = job.bootstrap;
  Json json;
  json["evaluation_version"] = kEvaluationVersion;
  json["unit"] = "nats per token of the answer";
  const store::IndexReader index(own.index());
  for (const store::InputFile& input : index.info().inputs)
    json["data"].push_back(
        {{"name", input.name}, {"bytes", input.bytes}, {"xxh3_128", input.hash}});
  json["base"] = job.base;
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

/// Models without a single loss, and why; empty if there are none.
std::string undefined_models(const Json& evaluation) {
  std::string text;
  for (const auto& [name, figures] : evaluation.at("models").items())
    if (figures.at("rows_ok") == 0U)
      text += fmt::format("{}evaluate: no row has an answer loss by '{}': {}",
                          text.empty() ? "" : "; ", name, figures.at("status").dump());
  if (!text.empty()) return text;
  for (const auto& [name, difference] : evaluation.at("differences").items())
    if (difference.at("rows") == 0U)
      return fmt::format("evaluate: no row has an answer loss by both '{}' and '{}'",
                         evaluation.at("base").get<std::string>(), name);
  return text;
}

}  // namespace

void evaluate_models(Context& context, Json& manifest) {
  const StageTimer timer(context, "evaluate");
  const mpi::Communicator& ranks = context.communicator;
  const EvaluationJob& job = context.job.evaluation.value();
  Job reading = context.job;
  reading.data = job.data;
  Json scoring_summary;
  Context own{ranks,           reading,         context.folder.evaluation(), context.log,
              context.threads, context.profile, context.stop_requested,      scoring_summary};
  const OpenScorer base = mpi::agree_on(ranks, [&] {
    OpenScorer opened = open_base(job, reading);
    for (const TunedModel& tuned : job.tuned) expect_comparable(job, tuned, opened);
    return opened;
  });
  const IndexedData data = index_own_data(context, own.folder, job.data, manifest["evaluation"]);

  std::vector<JournalledScorer> scored = {
      score_model(own, manifest, data, job.base, job.model, base)};
  for (const TunedModel& tuned : job.tuned)
    scored.push_back(score_model(own, manifest, data, tuned.name, settings_of(job, tuned), base));
  const EvaluatedRows rows = read_rows(own, data, scored, job.category);
  mpi::agree_on(ranks, [&] {
    if (!ranks.is_root()) return;
    Json evaluation = describe(job, rows, own.folder);
    write_if_other(context.folder.evaluated_rows(), rows_csv(rows));
    write_if_other(context.folder.evaluation_file(), json_text(evaluation));
    if (const std::string undefined = undefined_models(evaluation); !undefined.empty())
      context.summary["undefined"] = undefined;
    evaluation.erase("settings");
    evaluation["scoring"] = scoring_summary["scorers"];
    evaluation["file"] = context.folder.evaluation_file().string();
    evaluation["rows_file"] = context.folder.evaluated_rows().string();
    context.summary["evaluation"] = std::move(evaluation);
  });
}

}  // namespace winnow::pipeline
