#include "pipeline/check_study.hpp"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "pipeline/finetune_plan.hpp"
#include "pipeline/study_cells.hpp"

namespace winnow::pipeline {
namespace {

/// Resume states that stand at once, one of them unfinished, and the bytes of each parameter in
/// one.
constexpr std::uint64_t kResumeStates = 3;
constexpr std::uint64_t kResumeBytes = 12;

/// What stands on the disk at once.
std::uint64_t disk_bytes(const Job& job, std::uint64_t cells, std::uint64_t parameters) {
  const FinetuneJob& finetune = *job.finetune;
  const std::uint64_t model = parameters * (finetune.options.is_bf16 ? 2 : 4);
  const std::uint64_t resume =
      finetune.options.lora ? 0 : kResumeStates * kResumeBytes * parameters;
  const std::uint64_t kept =
      job.study->keep_checkpoints ? 1 + std::min(finetune.keep, finetune.epochs - 1) : 0;
  return 2 * model + resume + cells * kept * model;
}

}  // namespace

std::string check_study(const Job& job, const std::optional<CheckedRows>& rows,
                        std::optional<std::uint64_t> parameters) {
  const StudyJob& study = *job.study;
  const std::vector<StudyCell> cells = cells_of(job);
  std::string text =
      fmt::format("{} cells: {}; {}; seeds {}", cells.size(), fmt::join(study.selections, ", "),
                  study.budgets.empty() ? "each at its own budget"
                                        : fmt::format("budgets {}", fmt::join(study.budgets, ", ")),
                  fmt::join(study.seeds, ", "));
  std::vector<std::string> once;
  for (const StudyCell& cell : cells)
    if (cell.budget == kNoBudget && cell.seed == study.seeds.front())
      once.push_back(cell.selection);
  if (!once.empty() && !study.budgets.empty())
    text += fmt::format("; {} without a budget", fmt::join(once, ", "));
  if (rows) {
    std::uint64_t steps = 0;
    for (const StudyCell& cell : cells)
      steps += FinetunePlan(*job.finetune, most_rows(cell.rows, *rows)).steps();
    text += fmt::format("; at most {} steps", steps);
  }
  if (parameters)
    text +=
        fmt::format("; about {:.2g} GiB of disk{}",
                    static_cast<double>(disk_bytes(job, cells.size(), *parameters)) / (1ULL << 30U),
                    study.keep_checkpoints ? " with all checkpoints" : " for one cell at a time");
  return text;
}

}  // namespace winnow::pipeline
