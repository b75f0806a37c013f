#include "app/job_file.hpp"

#include <limits>

#include <fmt/format.h>

#include "app/job_data.hpp"
#include "app/job_evaluation.hpp"
#include "app/job_finetune.hpp"
#include "app/job_generation.hpp"
#include "app/job_names.hpp"
#include "app/job_override.hpp"
#include "app/job_scorers.hpp"
#include "app/job_selections.hpp"
#include "app/job_study.hpp"
#include "app/yaml_section.hpp"
#include "core/durable_file.hpp"
#include "core/error.hpp"

namespace winnow::app {
namespace {

namespace fs = std::filesystem;
using pipeline::Job;

constexpr std::uint64_t kLargestJobFile = 16 << 20;

/// Sections that the design names and this version does not run.
const std::vector<std::string> kLaterSections = {"judge",  "rate", "refine",
                                                 "evolve", "tag",  "slurm"};

void read_data(YamlSection& root, Job& job) {
  auto section = root.section("data");
  if (!section) root.fail("data", "missing, expected the data set: data: { path: FILE }");
  job.data = read_source(*section);
  if (const auto join = section->text("join")) job.join = *join;
  section->finish();
}

/// The step whose TF-IDF `tfidf.dump` writes down.
const pipeline::SelectionStep* first_iterit(const Job& job) {
  for (const pipeline::SelectionJob& selection : job.selections)
    for (const pipeline::SelectionStep& step : selection.steps)
      if (step.method == "iterit") return &step;
  return nullptr;
}

std::string text_of(const fs::path& file) {
  try {
    return core::read_file(file, kLargestJobFile);
  } catch (const core::EnvironmentError& error) {
    throw core::UsageError(fmt::format("job file {}", error.what()));
  }
}

}  // namespace

Job read_job(const fs::path& file, const std::vector<std::string>& overrides,
             const std::optional<fs::path>& out) {
  return parse_job(text_of(file), file, fs::absolute(file).parent_path(), overrides, out);
}

Job parse_job(const std::string& text, const fs::path& file, const fs::path& folder,
              const std::vector<std::string>& overrides, const std::optional<fs::path>& out) {
  YAML::Node tree;
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() > 1)
      throw core::UsageError(fmt::format("{}:{}: a second YAML document begins, expected one",
                                         file.string(), documents[1].Mark().line + 1));
    if (!documents.empty()) tree.reset(documents.front());
  } catch (const YAML::Exception& error) {
    throw core::UsageError(
        fmt::format("{}:{}: not YAML: {}", file.string(), error.mark.line + 1, error.msg));
  }
  if (!tree.IsMap())
    throw core::UsageError(
        fmt::format("{}: not a job file: expected a map of keys", file.string()));
  for (const std::string& assignment : overrides) tree.reset(overridden(tree, assignment));

  YamlSection root(tree, file.string(), folder, "");
  Job job;
  job.file = file;
  job.folder = folder;
  job.name = root.text("name").value_or(file.stem().string());
  if (!is_group_name(job.name))
    root.fail("name", fmt::format("'{}' cannot name a folder", job.name));
  job.run_folder = out ? *out : fs::path("runs") / job.name;
  for (const std::string& section : kLaterSections)
    if (root.has(section)) root.fail(section, "not supported by this version");
  job.memory = root.bytes("memory", std::numeric_limits<std::uint64_t>::max()).value_or(0);
  read_data(root, job);
  read_scorers(root, job);
  if (auto tfidf = root.section("tfidf")) {
    job.tfidf.fit = tfidf->one_of("fit", {"eligible", "all"}).value_or("eligible");
    job.tfidf.dump = tfidf->boolean("dump").value_or(false);
    tfidf->finish();
  }
  read_selections(root, job);
  if (job.tfidf.dump) {
    const pipeline::SelectionStep* const step = first_iterit(job);
    if (step == nullptr)
      root.section("tfidf")->fail("dump", "true, but no selection of this job is iterit's");
    if (!step->strata.field.empty())
      root.section("tfidf")->fail(
          "dump", "true, but the job's first iterit has a TF-IDF for each of its strata");
  }
  if (auto section = root.section("study")) job.study = read_study(*section, job);
  if (auto section = root.section("finetune")) job.finetune = read_finetune(*section, job);
  if (auto section = root.section("generate")) job.generation = read_generation(*section, job);
  if (auto section = root.section("evaluate")) job.evaluation = read_evaluation(*section, job);
  if (job.study) check_cells(root, job);
  root.finish();
  job.effective = YAML::Dump(tree) + "\n";
  return job;
}

}  // namespace winnow::app
