#include "pipeline/evaluate_stage.hpp"

#include <filesystem>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "pipeline/evaluation_files.hpp"
#include "pipeline/evaluation_models.hpp"
#include "pipeline/harness.hpp"
#include "pipeline/harness_figures.hpp"
#include "pipeline/held_out_rows.hpp"

namespace winnow::pipeline {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Models without a single loss, and why; empty if there are none.
std::string undefined_models(const std::string& base, const Json& evaluation) {
  std::string text;
  for (const auto& [name, figures] : evaluation.at("models").items())
    if (figures.at("rows_ok") == 0U)
      text += fmt::format("{}evaluate: no row has an answer loss by '{}': {}",
                          text.empty() ? "" : "; ", name, figures.at("status").dump());
  if (!text.empty()) return text;
  for (const auto& [name, difference] : evaluation.at("differences").items())
    if (difference.at("rows") == 0U)
      return fmt::format("evaluate: no row has an answer loss by both '{}' and '{}'", base, name);
  return text;
}

/// Collective. Root's figures of the held-out rows; an empty object elsewhere.
Json evaluate_losses(Context& context, Json& manifest) {
  const mpi::Communicator& ranks = context.communicator;
  const EvaluationJob& job = context.job.evaluation.value();
  const OpenScorer base = mpi::agree_on(ranks, [&] {
    OpenScorer opened = open_base(context.job);
    for (const TunedModel& tuned : job.tuned) expect_comparable(job, tuned, opened);
    return opened;
  });
  HeldOutRows held_out(context, manifest, context.folder.evaluation(), base);
  EvaluatedRows rows;
  rows.models.push_back(held_out.score(job.base, job.model));
  for (const TunedModel& tuned : job.tuned)
    rows.models.push_back(held_out.score(tuned.name, settings_of(job, tuned)));
  rows.category = held_out.categories();
  return mpi::agree_on(ranks, [&] {
    if (!ranks.is_root()) return Json::object();
    Json figures = write_losses(context.folder, job, rows);
    if (const std::string undefined = undefined_models(job.base, figures); !undefined.empty())
      context.summary["undefined"] = undefined;
    context.summary["evaluation"]["scoring"] = held_out.scoring();
    context.summary["evaluation"]["rows_file"] = context.folder.evaluated_rows().string();
    return figures;
  });
}

/// @throws before anything is run that the harness would refuse afterwards
void expect_harness(const EvaluationJob& job) {
  if (const fs::path& include = job.harness->include;
      !include.empty() && !fs::is_directory(include))
    throw core::DataError(fmt::format(
        "evaluate.harness.include: {}: no such folder, expected one of tasks", include.string()));
  for (const TunedModel& tuned : job.tuned) expect_folder(tuned);
  static_cast<void>(harness_version());
}

}  // namespace

void evaluate_models(Context& context, Json& manifest) {
  const StageTimer timer(context, "evaluate");
  const mpi::Communicator& ranks = context.communicator;
  const EvaluationJob& job = context.job.evaluation.value();
  mpi::agree_on(ranks, [&] {
    if (ranks.is_root() && job.harness) expect_harness(job);
  });
  Json found = job.data ? evaluate_losses(context, manifest) : Json::object();
  if (job.harness) found["benchmarks"] = run_harness(context, manifest);
  mpi::agree_on(ranks, [&] {
    if (!ranks.is_root()) return;
    Json evaluation = write_evaluation(context.folder, job, found);
    Json& summary = context.summary["evaluation"];
    if (job.harness) {
      core::write_file(context.folder.benchmarks(), benchmarks_csv(found.at("benchmarks")));
      summary["benchmarks_file"] = context.folder.benchmarks().string();
    }
    evaluation.erase("settings");
    summary.update(evaluation);
    summary["file"] = context.folder.evaluation_file().string();
  });
}

}  // namespace winnow::pipeline
