#include "pipeline/check_finetune.hpp"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "pipeline/finetune_plan.hpp"
#include "pipeline/training_setup.hpp"
#include "training/training_memory.hpp"

namespace winnow::pipeline {
namespace {

double gib(std::uint64_t bytes) {
  return static_cast<double>(bytes) / static_cast<double>(std::uint64_t{1} << 30);
}

/// Rows that can be learnt at most.
std::uint64_t most_learnt(const Job& job, const CheckedRows& rows) {
  const auto selection =
      std::ranges::find(job.selections, job.finetune->selection, &SelectionJob::name);
  return selection == job.selections.end() ? rows.readable : most_rows(*selection, rows);
}

}  // namespace

std::string check_finetune(const Job& job, Stage stage, const training::TrainingSize& size,
                           const std::optional<CheckedRows>& rows) {
  const FinetuneJob& finetune = job.finetune.value();
  const Writing writing = open_writing(job);
  const bool trains = stage == Stage::finetune || stage == Stage::iterate ||
                      (stage == Stage::everything && !job.study);
  if (trains) expect_same_training(job, writing);
  if (trains && rows) expect_a_batch(finetune, most_learnt(job, *rows));
  const std::string learnt = job.study                    ? "each cell of the study"
                             : finetune.selection.empty() ? "all rows"
                                                          : finetune.selection;
  const bool is_torchrun = finetune.engine == FinetuneEngine::torchrun;
  const auto memory_on = [&](std::uint64_t ranks) {
    return training::training_memory(size.trained, 0, ranks, finetune.deterministic.value_or(true))
        .all();
  };
  return fmt::format(
      "{} on {}, {} epochs, {} rows a step, lr {}, {}{}; {}", finetune.model.path.string(), learnt,
      finetune.epochs, finetune.batch, finetune.options.rate.peak, finetune.model.dtype,
      finetune.options.dpo_beta ? fmt::format(", by DPO with beta {}", *finetune.options.dpo_beta)
      : is_torchrun             ? ", by torchrun"
                                : "",
      is_torchrun || finetune.options.lora
          ? fmt::format("{} parameters", size.of_model())
          : fmt::format("about {:.2g} GiB alone, {:.2g} GiB on each of 4 ranks, and what passes "
                        "through the layers",
                        gib(memory_on(1)), gib(memory_on(4))));
}

}  // namespace winnow::pipeline
