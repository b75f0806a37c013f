#include "app/export_command.hpp"

#include <fmt/format.h>

#include "app/job_or_run.hpp"
#include "app/output.hpp"
#include "pipeline/export_selection.hpp"
#include "pipeline/json_text.hpp"

namespace winnow::app {
namespace {

using pipeline::TrainingTool;

TrainingTool tool_of(const std::string& name) {
  if (name == "llama-factory") return TrainingTool::llama_factory;
  return name == "axolotl" ? TrainingTool::axolotl : TrainingTool::trl;
}

}  // namespace

int export_command(const mpi::Communicator& communicator, const CommandLine& line) {
  if (!communicator.is_root()) return 0;
  const pipeline::Job job = read_job_or_run(line.job, line.overrides, std::nullopt);
  const pipeline::FinishedRun run(job);
  const auto made = pipeline::export_selection(
      run, tool_of(line.tool), line.out.value_or(run.folder().path() / "export" / line.tool));
  print(line.json ? pipeline::json_text(made)
                  : fmt::format("{} rows in {}\n{}\n", made.at("rows").get<std::uint64_t>(),
                                made.at("data").get<std::string>(),
                                made.at("command").get<std::string>()));
  return 0;
}

}  // namespace winnow::app
