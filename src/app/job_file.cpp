#include "app/job_file.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/job_data.hpp"
#include "app/job_generation.hpp"
#include "app/job_names.hpp"
#include "app/job_override.hpp"
#include "app/job_scorers.hpp"
#include "app/yaml_section.hpp"
#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "core/nearest.hpp"
#include "pipeline/candidates.hpp"
#include "selection/budget.hpp"

namespace winnow::app {
namespace {

namespace fs = std::filesystem;
using core::nearest;
using pipeline::Job;

constexpr std::uint64_t kLargestJobFile = 16 << 20;

const std::vector<std::string> kMethods = {"iterit",  "ifd",    "superfiltering",
                                           "longest", "random", "vanilla"};
const std::vector<std::string> kLaterMethods = {
    "superfiltering_d", "graphfilter",       "cherry",     "deita",
    "instag",           "alpagasus",         "perplexity", "top",
    "kmeans",           "facility_location", "k_center",   "deduplicate"};
/// Sections that the design names and this version does not run.
const std::vector<std::string> kLaterSections = {"finetune", "evaluate", "judge",  "iterate",
                                                 "study",    "rate",     "refine", "evolve",
                                                 "tag",      "slurm"};

void read_data(YamlSection& root, Job& job) {
  auto section = root.section("data");
  if (!section) root.fail("data", "missing, expected the data set: data: { path: FILE }");
  job.data = read_source(*section);
  if (const auto join = section->text("join")) job.join = *join;
  section->finish();
}

/// The scorer that a selection goes by, given or the only one.
std::string read_scorer_name(YamlSection& section, const std::string& method, const Job& job) {
  if (const auto scorer = section.text("scorer")) {
    if (std::none_of(job.scorers.begin(), job.scorers.end(),
                     [&](const auto& s) { return s.name == *scorer; }))
      section.fail("scorer", fmt::format("found '{}', which is not a scorer of this job", *scorer));
    return *scorer;
  }
  if (job.scorers.empty())
    section.fail("method",
                 fmt::format("{} needs scores: expected a model: or scorers: section", method));
  if (job.scorers.size() > 1)
    section.fail("scorer", "missing, expected the scorer's name: the job has more than one");
  return job.scorers.front().name;
}

/// @throws core::UsageError where the selection would find no ifd_ppl after all scoring is done.
void require_ifd(YamlSection& section, const pipeline::SelectionJob& selection, const Job& job) {
  const pipeline::Scorer& scorer =
      *std::find_if(job.scorers.begin(), job.scorers.end(),
                    [&](const auto& s) { return s.name == selection.scorer; });
  if (scorer.imported && scorer.imported->as != "ifd_ppl")
    section.fail("method", fmt::format("{} needs ifd_ppl, scorer '{}' is imported as {}",
                                       selection.method, scorer.name, scorer.imported->as));
  if (scorer.model && !pipeline::needs_direct(*scorer.model))
    section.fail("method", fmt::format("{} needs ifd_ppl, scorer '{}' gives {}", selection.method,
                                       scorer.name, fmt::join(scorer.model->scores, ", ")));
  if (scorer.imported && selection.method == "iterit" && selection.faithful && !selection.eos_text)
    section.fail("eos_text",
                 "missing: faithful: true on imported scores needs the model's EOS text (it may be "
                 "empty)");
}

pipeline::SelectionJob read_selection(YamlSection& section, const Job& job) {
  pipeline::SelectionJob selection;
  selection.method = section.required_text("method");
  if (std::find(kMethods.begin(), kMethods.end(), selection.method) == kMethods.end()) {
    if (std::find(kLaterMethods.begin(), kLaterMethods.end(), selection.method) !=
        kLaterMethods.end())
      section.fail("method", fmt::format("not supported by this version: {} (supported: {})",
                                         selection.method, fmt::join(kMethods, ", ")));
    section.fail("method",
                 fmt::format("found '{}', expected one of {}; nearest is '{}'", selection.method,
                             fmt::join(kMethods, ", "), nearest(selection.method, kMethods)));
  }
  const std::string& method = selection.method;
  std::optional<selection::Budget::Unit> unit;
  if (method != "vanilla") {
    selection.budget = section.required_text("budget");
    unit = selection::parse_budget(section.place_of("budget"), selection.budget).unit;
  }
  const bool in_tokens = unit == selection::Budget::Unit::tokens;
  if (section.has("of") && unit != selection::Budget::Unit::percent)
    section.fail("of", "given, but says of which rows a budget in percent is taken");
  selection.of = section.one_of("of", {"all", "eligible"}).value_or("all");
  selection.order = section.one_of("order", {"pick", "file"}).value_or("pick");
  if (method == "random") selection.seed = section.unsigned_integer("seed", 0, ~0ULL).value_or(0);
  if (method == "longest")
    selection.text = section.one_of("text", {"response", "instruction"}).value_or("response");
  if (method == "iterit") {
    selection.decay = section.number("decay", 0, 1).value_or(0.1);
    if (section.has("eos_text")) selection.eos_text = section.text("eos_text");
  }
  if (pipeline::goes_by_ifd(method)) {
    selection.faithful = section.boolean("faithful").value_or(false);
    selection.scorer = read_scorer_name(section, method, job);
    require_ifd(section, selection, job);
  } else if (in_tokens && section.has("scorer")) {
    selection.scorer = read_scorer_name(section, method, job);
  }
  if (in_tokens && pipeline::token_scorer(job, selection).empty())
    section.fail("budget", fmt::format("'{}' counts tokens, which only a model gives: expected one "
                                       "model in the job, or `scorer:` naming one",
                                       selection.budget));
  section.finish();
  return selection;
}

void read_selections(YamlSection& root, Job& job) {
  const bool several = root.has("selections");
  if (root.has("select")) {
    if (several) root.fail("selections", "given beside select: expected one of the two");
    if (root.node("select").IsSequence())
      root.fail("select", "not supported by this version: a chain of selections");
    auto section = root.section("select");
    pipeline::SelectionJob selection = read_selection(*section, job);
    selection.name = selection.method;
    selection.place = "select";
    job.selections.push_back(selection);
  }
  if (!several) return;
  auto selections = root.section("selections");
  for (const std::string& name : selections->keys()) {
    if (!is_group_name(name))
      selections->fail(name, "expected a name of at most 200 letters, digits, '_', '-' and '.'");
    if (selections->node(name).IsSequence())
      selections->fail(name, "not supported by this version: a chain of selections");
    auto section = selections->section(name);
    if (!section) selections->fail(name, "empty, expected { method: ..., budget: ... }");
    pipeline::SelectionJob selection = read_selection(*section, job);
    selection.name = name;
    selection.place = "selections." + name;
    job.selections.push_back(selection);
  }
  selections->finish();
}

}  // namespace

Job read_job(const fs::path& file, const std::vector<std::string>& overrides,
             const std::optional<fs::path>& out) {
  YAML::Node tree;
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(core::read_file(file, kLargestJobFile));
    if (documents.size() > 1)
      throw core::UsageError(fmt::format("{}:{}: a second YAML document begins, expected one",
                                         file.string(), documents[1].Mark().line + 1));
    if (!documents.empty()) tree.reset(documents.front());
  } catch (const YAML::Exception& error) {
    throw core::UsageError(
        fmt::format("{}:{}: not YAML: {}", file.string(), error.mark.line + 1, error.msg));
  } catch (const core::EnvironmentError& error) {
    throw core::UsageError(fmt::format("job file {}", error.what()));
  }
  if (!tree.IsMap())
    throw core::UsageError(
        fmt::format("{}: not a job file: expected a map of keys", file.string()));
  for (const std::string& assignment : overrides) tree.reset(overridden(tree, assignment));

  YamlSection root(tree, file.string(), "");
  Job job;
  job.file = file;
  job.name = root.text("name").value_or(file.stem().string());
  if (!is_group_name(job.name))
    root.fail("name", fmt::format("'{}' cannot name a folder", job.name));
  job.run_folder = out ? *out : fs::path("runs") / job.name;
  for (const std::string& section : kLaterSections)
    if (root.has(section)) root.fail(section, "not supported by this version");
  read_data(root, job);
  read_scorers(root, job);
  if (auto tfidf = root.section("tfidf")) {
    job.tfidf.fit = tfidf->one_of("fit", {"eligible", "all"}).value_or("eligible");
    job.tfidf.dump = tfidf->boolean("dump").value_or(false);
    tfidf->finish();
  }
  read_selections(root, job);
  if (job.tfidf.dump && std::none_of(job.selections.begin(), job.selections.end(),
                                     [](const auto& s) { return s.method == "iterit"; }))
    root.section("tfidf")->fail("dump", "true, but no selection of this job is iterit's");
  if (auto section = root.section("generate")) job.generation = read_generation(*section, job);
  root.finish();
  job.effective = YAML::Dump(tree) + "\n";
  return job;
}

}  // namespace winnow::app
