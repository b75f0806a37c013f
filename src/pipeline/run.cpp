#include "pipeline/run.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <iostream>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "data/source.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/context.hpp"
#include "pipeline/evaluate_stage.hpp"
#include "pipeline/finetune_stage.hpp"
#include "pipeline/generate_stage.hpp"
#include "pipeline/index_stage.hpp"
#include "pipeline/iterate_stage.hpp"
#include "pipeline/json_text.hpp"
#include "pipeline/manifest.hpp"
#include "pipeline/score_stage.hpp"
#include "pipeline/seal_stage.hpp"
#include "pipeline/select_stage.hpp"
#include "pipeline/study_stage.hpp"
#include "store/run_lock.hpp"

namespace winnow::pipeline {
namespace {

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    throw core::EnvironmentError(
        fmt::format("{}: cannot create the run folder: {}", folder.string(), error.message()));
  if (::access(folder.c_str(), W_OK) != 0)
    throw core::EnvironmentError(
        fmt::format("{}: the run folder is not writable", folder.string()));
}

/// A path as a shell takes it.
std::string quoted(const std::filesystem::path& path) {
  const std::string text = path.string();
  const bool is_plain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) ||
           std::string_view("/._-+=,@%:").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (is_plain) return text;
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

/// Scores, and the job's selections unless `last` is score or makes its own.
void score_and_select(Context& context, nlohmann::ordered_json& manifest, const IndexedData& data,
                      Stage last) {
  std::vector<JournalledScorer> scorers;
  for (const Scorer& scorer : context.job.scorers) {
    if (!scorer.model) continue;
    const StageTimer timer(context, "score");
    scorers.push_back(score_with_model(context, manifest, data, scorer));
  }
  seal(context, data, scorers);
  if (last == Stage::score || last == Stage::study) return;
  stop_if_requested(context);
  select_rows(context, data);
}

bool is_studied(const Job& job, Stage stage) {
  return stage == Stage::study || (stage == Stage::everything && job.study);
}

/// Nothing where neither the stage nor the job asks for it.
void train(Context& context, nlohmann::ordered_json& manifest,
           const std::optional<IndexedData>& data, Stage stage) {
  const Job& job = context.job;
  const bool is_asked = stage == Stage::finetune || stage == Stage::iterate ||
                        (stage == Stage::everything && job.finetune && !job.study);
  if (!is_asked) return;
  stop_if_requested(context);
  const bool selects_anew = std::ranges::any_of(job.selections, [&](const SelectionJob& selection) {
    return selection.name == job.finetune->selection && selection.reselection;
  });
  if (stage == Stage::iterate || (stage == Stage::everything && selects_anew))
    iterate(context, manifest, data.value());
  else
    finetune(context, manifest, data.value());
}

/// True if the stage does something with the rows of the job itself.
bool needs_rows(const Job& job, Stage stage) {
  if (stage == Stage::generate) return !job.generation->data;
  return stage != Stage::evaluate;
}

/// What comes last is not to fail for a path behind hours of scoring and training.
/// @throws core::DataError
void expect_held_out_files(const Context& context, Stage stage) {
  const bool evaluates =
      stage == Stage::evaluate || stage == Stage::study || stage == Stage::everything;
  const std::optional<EvaluationJob>& evaluation = context.job.evaluation;
  if (evaluates && evaluation && evaluation->data)
    static_cast<void>(data::resolve_files(evaluation->data->paths));
}

void run_stages(Context& context, nlohmann::ordered_json& manifest, Stage stage) {
  mpi::agree_on(context.communicator, [&] {
    if (context.communicator.is_root()) expect_held_out_files(context, stage);
  });
  std::optional<IndexedData> data;
  if (needs_rows(context.job, stage)) data = index_rows(context, manifest);
  if (stage == Stage::index) return;
  stop_if_requested(context);
  if (stage != Stage::generate && stage != Stage::evaluate)
    score_and_select(context, manifest, *data, stage);
  train(context, manifest, data, stage);
  if (stage == Stage::generate || (stage == Stage::everything && context.job.generation)) {
    stop_if_requested(context);
    generate_replies(context, manifest, data);
  }
  if (is_studied(context.job, stage)) {
    stop_if_requested(context);
    study(context, manifest, data.value());
  } else if (stage == Stage::evaluate || (stage == Stage::everything && context.job.evaluation)) {
    stop_if_requested(context);
    evaluate_models(context, manifest);
  }
}

/// The next command to try, as it can be typed where this one was.
std::string next_step(const Job& job, Stage stage) {
  const bool is_default_folder = job.run_folder == std::filesystem::path("runs") / job.name;
  const std::string file = quoted(job.file);
  const std::string out = is_default_folder ? "" : " --out " + quoted(job.run_folder);
  if (stage == Stage::generate)
    return fmt::format(
        "./winnow generate {} --set generate.name=NAME{} --set generate.seed=1{} (other "
        "answers beside these)",
        file, job.generation->sampling.temperature == 0 ? " --set generate.temperature=0.7" : "",
        out);
  if (stage == Stage::evaluate && !job.evaluation->data)
    return fmt::format(
        "./winnow evaluate {} --set evaluate.data=HELDOUT.jsonl{} (answer losses beside the "
        "benchmarks)",
        file, out);
  if (stage == Stage::evaluate)
    return fmt::format(
        "./winnow evaluate {} --set evaluate.category=FIELD{} (the figures by a field of the rows; "
        "no model runs again)",
        file, out);
  if (is_studied(job, stage))
    return fmt::format("python3 analysis/plot_study.py {} (loss against budget)",
                       quoted(job.run_folder));
  const bool has_trained = stage == Stage::finetune || stage == Stage::iterate ||
                           (stage == Stage::everything && job.finetune);
  if (has_trained && !job.evaluation)
    return fmt::format(
        "./winnow evaluate {} --set evaluate.data=HELDOUT.jsonl{} (answer losses before and after)",
        file, out);
  if (has_trained)
    return fmt::format(
        "./winnow run {} --set finetune.lr=1.0e-5 --out DIR (another training beside this one)",
        file);
  if (stage == Stage::index) return fmt::format("./winnow score {}{}", file, out);
  if (job.selections.empty())
    return fmt::format("add a selection to {}: select: {{ method: random, budget: 10% }}", file);
  if (stage == Stage::score) return fmt::format("./winnow select {}{}", file, out);
  const SelectionJob& first = job.selections.front();
  const SelectionStep& last = first.steps.back();
  const std::string place = first.steps.size() == 1
                                ? first.place
                                : fmt::format("{}.{}", first.place, first.steps.size() - 1);
  std::string change;
  if (!last.budget.empty())
    change = fmt::format("--set {}.budget=20%", place);
  else if (last.method == "vanilla")
    change = fmt::format("--set {0}.method=random --set {0}.budget=10%", place);
  else
    return fmt::format("change the selections in {} and run it again (nothing else is done again)",
                       file);
  return fmt::format("./winnow run {} {}{} (only selections are made again)", file, change, out);
}

}  // namespace

nlohmann::ordered_json run(const mpi::Communicator& communicator, const Job& job,
                           const std::string& command, Stage stage, const RunOptions& options,
                           const std::atomic<bool>& stop_requested) {
  const RunFolder folder(job.run_folder);
  nlohmann::ordered_json manifest;
  // Root alone touches the folder until it holds the lock.
  std::optional<store::RunLock> lock;
  mpi::agree_on(communicator, [&] {
    if (!communicator.is_root()) return;
    make_folder(folder.path());
    lock.emplace(folder.path());
    make_folder(folder.log_folder());
    manifest = read_manifest(folder, job.name);
    core::remove_file(
        folder.summary());  // An earlier command's; this one's comes when it has ended.
  });

  core::LogOptions log_options;
  log_options.rank = communicator.rank();
  log_options.ranks = communicator.size();
  log_options.is_terminal = ::isatty(STDERR_FILENO) == 1;
  if (communicator.is_root()) log_options.file = folder.log_file();
  nlohmann::ordered_json summary;
  summary["name"] = job.name;
  summary["command"] = command;
  summary["run_folder"] = folder.path().string();
  summary["timings"] = nlohmann::ordered_json::object();
  std::optional<core::Log> log;
  mpi::agree_on(communicator, [&] { log.emplace(std::cerr, log_options); });
  Context context{communicator,   job,    folder, *log, options.threads, options.profile,
                  stop_requested, summary};

  const bool root = communicator.is_root();
  mpi::agree_on(communicator, [&] {
    if (root) begin_manifest(context, manifest, command);
  });
  try {
    run_stages(context, manifest, stage);
  } catch (const std::exception& error) {
    // The error itself matters more than a manifest that cannot be written any more.
    try {
      if (root) end_manifest(context, manifest, core::one_line(error.what()));
    } catch (const core::Error&) {
    }
    throw;
  }
  summary["next"] = next_step(job, stage);
  const bool is_undefined = ask_root(communicator, [&] { return summary.contains("undefined"); });
  summary["exit_code"] =
      static_cast<int>(is_undefined ? core::ExitCode::undefined : core::ExitCode::ok);
  mpi::agree_on(communicator, [&] {
    if (!root) return;
    core::write_file(folder.summary(), json_text(summary));
    end_manifest(context, manifest, kFinished);
  });
  return summary;
}

}  // namespace winnow::pipeline
