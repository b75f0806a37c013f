#include "app/job_evaluation.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "app/job_data.hpp"
#include "app/job_names.hpp"
#include "app/job_scorers.hpp"
#include "pipeline/evaluation_models.hpp"

namespace winnow::app {
namespace {

constexpr std::uint64_t kFewestResamples = 100;
constexpr std::uint64_t kMostResamples = 10'000'000;
constexpr std::uint64_t kMostShots = 1000;
constexpr std::uint64_t kLargestBatch = 65536;

bool has_scorer(const pipeline::Job& job, const std::string& name) {
  return std::ranges::find(job.scorers, name, &pipeline::Scorer::name) != job.scorers.end();
}

/// The scorer that is named; else what the job trains, as a scorer has it or as it is; else the
/// only scorer with a model.
pipeline::Scorer read_base(YamlSection& section, const pipeline::Job& job) {
  const auto is_trained = [&](const pipeline::Scorer& scorer) {
    return scorer.model && scorer.model->path == job.finetune->model.path;
  };
  const auto& scorers = job.scorers;
  if (section.has("base") || !job.finetune || std::ranges::count_if(scorers, is_trained) > 1)
    return scorer_with_model(section, job, "is the base", "base");
  const auto trained = std::ranges::find_if(scorers, is_trained);
  if (trained != scorers.end()) return *trained;
  const std::string name = folder_name(job.finetune->model.path);
  if (!is_group_name(name) || has_scorer(job, name))
    section.fail("base", fmt::format("missing, expected a scorer's name: '{}', the folder of the "
                                     "model that is trained, cannot name the base beside them",
                                     name));
  return {name, job.finetune->model, std::nullopt};
}

/// Model folders by name; without any, what the job's own fine-tuning leaves. None for a study,
/// whose cells have each its own.
std::vector<pipeline::TunedModel> read_models(YamlSection& section, const pipeline::Job& job,
                                              const std::string& base) {
  std::vector<pipeline::TunedModel> tuned;
  if (job.study && section.has("models"))
    section.fail("models", "given beside study, which evaluates what it trains: expected none");
  if (auto models = section.section("models"))
    for (const std::string& name : models->keys()) {
      if (!is_group_name(name))
        models->fail(name, "expected a name of at most 200 letters, digits, '_', '-' and '.'");
      tuned.push_back({name, models->required_path(name)});
    }
  else
    tuned.push_back({pipeline::kTuned, final_checkpoint(job)});
  if (tuned.empty()) section.fail("models", "empty, expected { NAME: FOLDER, ... }");
  for (const pipeline::TunedModel& model : tuned)
    if (has_scorer(job, model.name) || model.name == base)
      section.fail("models", fmt::format("'{}' is the name of a scorer or of the base too: "
                                         "expected {{ NAME: FOLDER }} with another",
                                         model.name));
  if (job.study) tuned.clear();
  return tuned;
}

/// A list of tasks, or a map with `tasks`.
pipeline::HarnessJob read_harness(YamlSection& section) {
  pipeline::HarnessJob harness;
  const auto read_tasks = [&](YamlSection& from, const std::string& key) {
    harness.tasks = from.texts(key).value_or(std::vector<std::string>());
    if (harness.tasks.empty()) from.fail(key, "missing, expected tasks: [arc_challenge, ...]");
    std::vector<std::string> seen;
    for (const std::string& task : harness.tasks) {
      if (!is_group_name(task))
        from.fail(key, fmt::format("found '{}', expected names of tasks of lm_eval", task));
      if (std::ranges::find(seen, task) != seen.end())
        from.fail(key, fmt::format("'{}' is given twice", task));
      seen.push_back(task);
    }
  };
  if (!section.node("harness").IsMap()) {
    read_tasks(section, "harness");
    return harness;
  }
  auto map = section.section("harness").value();
  read_tasks(map, "tasks");
  harness.few_shot = map.unsigned_integer("few_shot", 0, kMostShots);
  harness.limit = map.unsigned_integer("limit", 1, ~0ULL);
  harness.include = map.path("include").value_or("");
  harness.batch = map.unsigned_integer("batch", 1, kLargestBatch).value_or(harness.batch);
  harness.chat_template = map.boolean("chat_template").value_or(false);
  map.finish();
  return harness;
}

}  // namespace

pipeline::EvaluationJob read_evaluation(YamlSection& section, const pipeline::Job& job) {
  pipeline::EvaluationJob evaluation;
  const pipeline::Scorer base = read_base(section, job);
  evaluation.base = base.name;
  evaluation.model = *base.model;
  evaluation.model.scores = {"ppl_cond"};
  evaluation.model.faithful = false;
  evaluation.tuned = read_models(section, job, base.name);
  if (job.study && section.has("harness"))
    section.fail("harness", "not supported beside study: expected none");
  if (section.has("harness")) evaluation.harness = read_harness(section);
  if (section.has("data") || !evaluation.harness)
    evaluation.data = read_own_source(section, "data", job.data);
  else
    for (const char* key : {"category", "bootstrap", "seed", "confidence"})
      if (section.has(key))
        section.fail(key, "means nothing to harness, and there is no data: expected data: FILE");
  evaluation.category = section.text("category").value_or("");
  if (section.has("category") && evaluation.category.empty())
    section.fail("category", "empty, expected a field of the rows");
  scoring::BootstrapOptions& bootstrap = evaluation.bootstrap;
  bootstrap.resamples = section.unsigned_integer("bootstrap", kFewestResamples, kMostResamples)
                            .value_or(bootstrap.resamples);
  bootstrap.seed = section.unsigned_integer("seed", 0, ~0ULL).value_or(bootstrap.seed);
  bootstrap.confidence = section.number("confidence", 0.5, 0.999).value_or(bootstrap.confidence);
  section.finish();
  return evaluation;
}

}  // namespace winnow::app
