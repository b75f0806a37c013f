#include "pipeline/evaluate_stage.hpp"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "mpi/agree.hpp"
#include "pipeline/evaluation_files.hpp"
#include "pipeline/evaluation_models.hpp"
#include "pipeline/held_out_rows.hpp"

namespace winnow::pipeline {
namespace {

using Json = nlohmann::ordered_json;

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
  mpi::agree_on(ranks, [&] {
    if (!ranks.is_root()) return;
    Json evaluation = write_evaluation(context.folder, job, rows);
    if (const std::string undefined = undefined_models(evaluation); !undefined.empty())
      context.summary["undefined"] = undefined;
    evaluation.erase("settings");
    evaluation["scoring"] = held_out.scoring();
    evaluation["file"] = context.folder.evaluation_file().string();
    evaluation["rows_file"] = context.folder.evaluated_rows().string();
    context.summary["evaluation"] = std::move(evaluation);
  });
}

}  // namespace winnow::pipeline
