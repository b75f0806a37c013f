#include "app/job_evaluation.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "app/job_data.hpp"
#include "app/job_names.hpp"
#include "app/job_scorers.hpp"
#include "pipeline/run_folder.hpp"

namespace winnow::app {
namespace {

constexpr std::uint64_t kFewestResamples = 100;
constexpr std::uint64_t kMostResamples = 10'000'000;

/// Model folders by name; without any, what the job's own fine-tuning leaves.
std::vector<pipeline::TunedModel> read_models(YamlSection& section, const pipeline::Job& job) {
  auto models = section.section("models");
  if (!models) return {{"tuned", pipeline::RunFolder(job.run_folder).checkpoint()}};
  std::vector<pipeline::TunedModel> tuned;
  for (const std::string& name : models->keys()) {
    if (!is_group_name(name))
      models->fail(name, "expected a name of at most 200 letters, digits, '_', '-' and '.'");
    if (std::ranges::find(job.scorers, name, &pipeline::Scorer::name) != job.scorers.end())
      models->fail(name, "a scorer of the job has this name: expected another");
    tuned.push_back({name, models->required_path(name)});
  }
  if (tuned.empty()) section.fail("models", "empty, expected { NAME: FOLDER, ... }");
  return tuned;
}

}  // namespace

pipeline::EvaluationJob read_evaluation(YamlSection& section, const pipeline::Job& job) {
  pipeline::EvaluationJob evaluation;
  const pipeline::Scorer& base =
      find_scorer_with_model(section, "base", "that the others are compared with", job);
  evaluation.base = base.name;
  evaluation.model = *base.model;
  evaluation.model.scores = {"ppl_cond"};
  evaluation.model.faithful = false;
  evaluation.tuned = read_models(section, job);
  evaluation.data = read_own_source(section, "data", job.data);
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
