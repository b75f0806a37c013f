#include "app/run_command.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "app/job_file.hpp"
#include "app/output.hpp"
#include "app/summary_text.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "mpi/agree.hpp"
#include "pipeline/check.hpp"
#include "pipeline/iterate_stage.hpp"
#include "pipeline/json_text.hpp"
#include "pipeline/run.hpp"

namespace winnow::app {
namespace {

pipeline::Stage stage_of(const std::string& command) {
  if (command == "index") return pipeline::Stage::index;
  if (command == "score") return pipeline::Stage::score;
  if (command == "select") return pipeline::Stage::select;
  if (command == "finetune") return pipeline::Stage::finetune;
  if (command == "iterate") return pipeline::Stage::iterate;
  if (command == "study") return pipeline::Stage::study;
  if (command == "generate") return pipeline::Stage::generate;
  if (command == "evaluate") return pipeline::Stage::evaluate;
  return pipeline::Stage::everything;
}

/// @throws core::UsageError if the job has no section for the command
void require_section(const pipeline::Job& job, const CommandLine& line) {
  const auto require = [&](const char* section, bool is_there, const char* keys) {
    if (line.command == section && !is_there)
      throw core::UsageError(fmt::format("{}: {}: missing, expected {}: {{ {} }}",
                                         line.job.string(), section, section, keys));
  };
  for (const char* const single : {"finetune", "iterate", "evaluate"})
    if (line.command == single && job.study)
      throw core::UsageError(
          fmt::format("{}: study: given, so that training and evaluation are its cells': expected "
                      "`winnow study`, found `winnow {}`",
                      line.job.string(), single));
  if (line.command == "iterate") {
    if (!job.finetune)
      throw core::UsageError(
          fmt::format("{}: finetune: missing, expected finetune: {{ epochs: 3, lr: 2.0e-5 }}",
                      line.job.string()));
    static_cast<void>(pipeline::reselected(job));
  }
  require("select", !job.selections.empty(), "method: ..., budget: ...");
  require("finetune", job.finetune.has_value(), "epochs: 3, lr: 2.0e-5");
  require("study", job.study.has_value(), "budgets: [1%, 5%], seeds: [0, 1]");
  require("generate", job.generation.has_value(), "data: FILE, max_new_tokens: N");
  require("evaluate", job.evaluation.has_value(),
          "data: FILE, models: { NAME: FOLDER }, harness: [TASK]");
}

}  // namespace

int run_command(const mpi::Communicator& communicator, const CommandLine& line,
                const std::atomic<bool>& stop_requested) {
  const pipeline::Job job =
      mpi::agree_on(communicator, [&] { return read_job(line.job, line.overrides, line.out); });
  mpi::agree_on(communicator, [&] { require_section(job, line); });
  if (line.check_only) {
    const auto plan =
        mpi::agree_on(communicator, [&] { return pipeline::check(job, stage_of(line.command)); });
    mpi::agree_on(communicator, [&] {
      if (!communicator.is_root()) return;
      print(line.json ? pipeline::json_text(plan) : check_text(plan));
      if (!plan.at("missing").empty()) warn(missing_text(plan));
    });
    return 0;
  }

  const nlohmann::ordered_json summary =
      pipeline::run(communicator, job, line.command, stage_of(line.command),
                    {.threads = line.threads, .profile = line.profile}, stop_requested);
  mpi::agree_on(communicator, [&] {
    if (!communicator.is_root()) return;
    print(line.json ? pipeline::json_text(summary) : summary_text(summary, line.profile));
    if (summary.contains("undefined"))
      warn(fmt::format("winnow: {}\n", core::one_line(summary.at("undefined").get<std::string>())));
  });
  return summary.at("exit_code").get<int>();
}

}  // namespace winnow::app
