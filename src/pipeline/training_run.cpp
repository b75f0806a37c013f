#include "pipeline/training_run.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/finetune_plan.hpp"
#include "pipeline/model_loading.hpp"

namespace winnow::pipeline {
namespace {

/// Resume states that stay: where the newest is damaged, the one before it is used.
constexpr std::uint64_t kResumeStates = 2;

/// Whether all bits are to be the same is settled by the device where the job is silent.
training::TrainingOptions options_in_force(const FinetuneJob& job, const TrainingSetup& setup,
                                           std::uint64_t steps) {
  training::TrainingOptions options = scheduled_options(job, steps);
  options.deterministic = setup.binding.at("deterministic").get<bool>();
  return options;
}

}  // namespace

training::TrainingOptions scheduled_options(const FinetuneJob& job, std::uint64_t steps) {
  training::TrainingOptions options = job.options;
  options.rate.steps = steps;
  options.rate.warmup_steps = job.warmup < 1 ? training::warmup_steps(steps, job.warmup)
                                             : static_cast<std::uint64_t>(job.warmup);
  return options;
}

void expect_batches(const FinetuneJob& job, const TrainingRows& rows) {
  if (rows.rows.empty()) {
    std::string why;
    for (std::size_t status = 1; status < rows.status_counts.size(); ++status)
      if (rows.status_counts[status] > 0)
        why += fmt::format("{} {} {}", why.empty() ? ":" : ",", core::kScoreStatusNames[status],
                           rows.status_counts[status]);
    throw core::DataError(fmt::format("finetune: no row can be learnt{}", why));
  }
  expect_a_batch(job, rows.rows.size());
}

nlohmann::ordered_json counts_of(const TrainingRows& rows) {
  nlohmann::ordered_json counts;
  for (std::size_t status = 0; status < rows.status_counts.size(); ++status)
    if (status == 0 || rows.status_counts[status] > 0)
      counts[std::string(core::kScoreStatusNames[status])] = rows.status_counts[status];
  return counts;
}

TrainingRun::TrainingRun(Context& context, const TrainingSetup& setup, std::uint64_t steps)
    : context_(context),
      ranks_(context.communicator),
      job_(*context.job.finetune),
      setup_(setup),
      results_(job_, setup.checkpoints),
      tuning_(training::open_fine_tuning(
          ranks_, job_.model.path,
          load_options(context, job_.model, setup.binding, model::ModelUse::scoring, "finetune"),
          options_in_force(job_, setup, steps))) {
  expect_room();
  resume();
  mpi::agree_on(ranks_, [&] {
    if (!ranks_.is_root()) return;
    const std::filesystem::path path = context_.folder.steps_log();
    log_.emplace(path, tuning_->steps());
    if (log_->kept() < tuning_->steps())
      context_.log.write("finetune",
                         fmt::format("{}: {} whole lines of the {} steps that were taken: the "
                                     "others are lost, also to the summary",
                                     path.string(), log_->kept(), tuning_->steps()));
    progress_.emplace(context_.log, "finetune", "steps", steps, tuning_->steps());
  });
  last_saved_ = std::chrono::steady_clock::now();
}

void TrainingRun::expect_room() {
  mpi::agree_on(ranks_, [&] {
    if (ranks_.is_root())
      setup_.checkpoints.expect_room(results_.bytes(*tuning_) +
                                     (kResumeStates + 1) * tuning_->resume_bytes());
  });
}

void TrainingRun::resume() {
  std::string found;
  mpi::agree_on(ranks_, [&] {
    if (!ranks_.is_root()) return;
    for (const auto& state : setup_.checkpoints.resume_states()) found += state.string() + "\n";
  });
  found = mpi::broadcast(ranks_, found);
  for (std::size_t begin = 0; begin < found.size();) {
    const std::size_t end = found.find('\n', begin);
    const std::filesystem::path state = found.substr(begin, end - begin);
    begin = end + 1;
    try {
      tuning_->read_resume_state(state, setup_.key);
      if (ranks_.is_root())
        context_.log.write("finetune", fmt::format("going on behind step {}", tuning_->steps()));
      return;
    } catch (const core::ModelError& error) {
      if (ranks_.is_root())
        context_.log.write("finetune", fmt::format("{}: trying the one before it", error.what()));
    }
  }
  if (ranks_.is_root()) tell_start(!found.empty());
}

void TrainingRun::tell_start(bool had_states) {
  const std::uint64_t lost = total_of(context_.folder.steps_log()).steps;
  if (!had_states && lost == 0) return;
  context_.log.write(
      "finetune", fmt::format("{}: {} resume state{}: the training starts anew at step 1",
                              setup_.checkpoints.folder().string(), had_states ? "no sound" : "no",
                              lost > 0 ? fmt::format(", though {} steps stand in {}", lost,
                                                     context_.folder.steps_log().string())
                                       : ""));
}

void TrainingRun::run_epoch(std::span<const training::TrainingRow> rows,
                            std::span<const training::StepRows> batches, std::uint64_t epoch,
                            std::uint64_t before) {
  while (tuning_->steps() < before + batches.size()) {
    const auto begin = std::chrono::steady_clock::now();
    const training::StepReport report = take(rows, batches[tuning_->steps() - before], epoch);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    seconds_ += took.count();
    tokens_ += report.tokens;
    mpi::agree_on(ranks_, [&] {
      if (log_) log_->write(report, epoch + 1, took.count());
    });
    if (progress_) progress_->advance(1);
    save_if_due(epoch, tuning_->steps() == before + batches.size());
  }
  if (epoch + 1 == job_.epochs) publish();
}

training::StepReport TrainingRun::take(std::span<const training::TrainingRow> rows,
                                       const training::StepRows& batch, std::uint64_t epoch) {
  try {
    return tuning_->step(rows, batch, epoch);
  } catch (const core::ModelError& error) {
    std::string names;
    for (const auto& shard : batch.shards)
      for (const std::uint64_t place : shard)
        if (names.size() < 200) names += fmt::format(" {}", rows[place].row);
    const std::string message = fmt::format(
        "{}; rows of the step:{}; what stands in {} stays: expected {}", error.what(), names,
        setup_.checkpoints.folder().string(),
        tuning_->steps() == 0 ? fmt::format("a model that gives finite losses: that in {} has not "
                                            "been changed yet",
                                            job_.model.path.string())
                              : "a smaller finetune.lr, or other rows");
    mpi::agree_on(ranks_, [&]() -> void { throw core::ModelError(message); });
  }
  throw core::InternalError("broken invariant: a step that failed goes on");
}

void TrainingRun::save_if_due(std::uint64_t epoch, bool ends_epoch) {
  const bool is_last = ends_epoch && epoch + 1 == job_.epochs;
  if (ends_epoch && !is_last) {
    mpi::agree_on(ranks_, [&] {
      if (!ranks_.is_root() || job_.keep == 0) return;
      results_.write_epoch(*tuning_, epoch + 1, setup_.key);
      setup_.checkpoints.drop_epochs(job_.keep);
    });
    save();
  } else if (!is_last && is_due()) {
    save();
  }
  try {
    stop_if_requested(context_);
  } catch (const core::Interrupted&) {
    if (saved_step_ != tuning_->steps()) save();
    throw;
  }
}

bool TrainingRun::is_due() const {
  return ask_root(ranks_, [&] {
    const std::chrono::duration<double, std::ratio<60>> since =
        std::chrono::steady_clock::now() - last_saved_;
    return job_.save_minutes > 0 && since.count() >= job_.save_minutes;
  });
}

void TrainingRun::save() {
  tuning_->write_resume_state(setup_.checkpoints.resume(tuning_->steps()), setup_.key);
  mpi::agree_on(ranks_, [&] {
    if (ranks_.is_root()) setup_.checkpoints.drop_resume_states(kResumeStates);
  });
  saved_step_ = tuning_->steps();
  last_saved_ = std::chrono::steady_clock::now();
}

std::shared_ptr<model::CausalLanguageModel> TrainingRun::model_behind(std::uint64_t epochs,
                                                                      std::uint64_t steps) {
  if (tuning_->steps() != steps)
    throw core::ModelError(fmt::format(
        "{}: the training is behind step {}, but what was selected behind epoch {} and its step {} "
        "is missing: expected epochs/ as it was, or no checkpoints/",
        context_.folder.path().string(), tuning_->steps(), epochs, steps));
  const auto precision =
      job_.model.dtype == "fp32" ? model::Precision::fp32 : model::Precision::bf16;
  return mpi::agree_on(ranks_, [&]() -> std::shared_ptr<model::CausalLanguageModel> {
    return tuning_->language_model(precision, context_.profile);
  });
}

void TrainingRun::publish() {
  if (progress_) progress_->finish();
  mpi::agree_on(ranks_, [&] {
    if (ranks_.is_root()) results_.write(*tuning_, setup_.key);
  });
}

}  // namespace winnow::pipeline
