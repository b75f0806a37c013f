#include "pipeline/evaluation_models.hpp"

#include <fmt/format.h>

#include "core/error.hpp"
#include "model/model_config.hpp"
#include "pipeline/checkpoints.hpp"
#include "pipeline/model_loading.hpp"
#include "pipeline/run_folder.hpp"
#include "tokenizer/same_definition.hpp"

namespace winnow::pipeline {

std::filesystem::path final_checkpoint(const Job& job) {
  return Checkpoints(RunFolder(job.run_folder).checkpoints()).final();
}

ModelScorer settings_of(const EvaluationJob& job, const TunedModel& tuned) {
  ModelScorer settings = job.model;
  settings.path = tuned.path;
  settings.revision.clear();
  return settings;
}

Job held_out_job(const Job& job) {
  Job reading = job;
  reading.data = job.evaluation.value().data.value();
  return reading;
}

OpenScorer open_base(const Job& job) {
  return open_scorer(job.evaluation.value().model, held_out_job(job));
}

void expect_folder(const TunedModel& tuned) {
  if (!std::filesystem::is_directory(tuned.path))
    throw core::ModelError(fmt::format(
        "evaluate.models.{}: {}: no such folder, expected a model's Hugging Face folder (`winnow "
        "finetune` leaves one in checkpoints/final of its run folder)",
        tuned.name, tuned.path.string()));
}

void expect_comparable(const EvaluationJob& job, const TunedModel& tuned, const OpenScorer& base) {
  const std::string place = "evaluate.models." + tuned.name;
  expect_folder(tuned);
  const std::string found = tokenizer::Tokenizer::load(tuned.path).fingerprint();
  if (found != base.tokenizer.fingerprint() &&
      !tokenizer::same_definition(tuned.path, job.model.path))
    throw core::UsageError(fmt::format(
        "{}: {} has another tokenizer (tokenizer.json of hash {}) than the base '{}' (of hash {}): "
        "expected the same, since losses per token are compared",
        place, tuned.path.string(), found, job.base, base.tokenizer.fingerprint()));
  ModelScorer limit = settings_of(job, tuned);
  limit.max_length = base.options.max_length;
  limit.max_length_place = place + ": the base's max_length";
  static_cast<void>(max_length_of(limit, model::read_decoder_config(tuned.path).max_positions));
}

}  // namespace winnow::pipeline
