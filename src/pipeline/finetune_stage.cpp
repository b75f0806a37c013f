#include "pipeline/finetune_stage.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "core/progress.hpp"
#include "data/template_fingerprint.hpp"
#include "model/model_config.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/checkpoints.hpp"
#include "pipeline/finetune_plan.hpp"
#include "pipeline/model_loading.hpp"
#include "pipeline/scorer_binding.hpp"
#include "pipeline/steps_log.hpp"
#include "pipeline/torchrun.hpp"
#include "pipeline/training_rows.hpp"
#include "pipeline/version.hpp"
#include "pipeline/weights_fingerprint.hpp"
#include "store/selection_file.hpp"
#include "training/fine_tuning_mpi.hpp"
#include "training/sealed_folder.hpp"

namespace winnow::pipeline {
namespace {

using Json = nlohmann::ordered_json;

/// Resume states that stay: where the newest is damaged, the one before it is used.
constexpr std::uint64_t kResumeStates = 2;

/// What of the model's folder writes rows down.
struct Writing {
  tokenizer::Tokenizer tokenizer;
  std::unique_ptr<data::PromptTemplate> prompt;
  training::RowTextOptions options;
};

Writing open_writing(const FinetuneJob& job, const std::string& join) {
  Writing writing{tokenizer::Tokenizer::load(job.model.path), nullptr, {}};
  writing.prompt = open_prompt(job.model, writing.tokenizer, join);
  writing.options.learnt = job.learnt;
  writing.options.max_length =
      max_length_of(job.model, model::read_decoder_config(job.model.path).max_positions);
  if (job.ends_as_template) {
    data::Sample sample;
    sample.instruction = sample.output = "a";
    const data::RenderedText text = writing.prompt->render(sample).conditional;
    if (text.scored_end == text.answer_end && text.closing.empty())
      throw core::UsageError(fmt::format(
          "finetune.end: template, but the template {} closes no answer: expected end: eos",
          writing.prompt->name()));
    return writing;
  }
  const std::string& eos = writing.tokenizer.eos_text();
  writing.options.end_of_text = eos.empty() ? std::nullopt : writing.tokenizer.id_of(eos);
  if (!writing.options.end_of_text)
    throw core::ModelError(
        fmt::format("{}: tokenizer_config.json names no eos_token that the tokenizer has, by which "
                    "answers are to end: expected one, or finetune.end: template",
                    job.model.path.string()));
  return writing;
}

std::vector<core::RowId> rows_to_learn(const Context& context, const IndexedData& data) {
  const FinetuneJob& job = *context.job.finetune;
  std::vector<core::RowId> rows;
  if (job.selection.empty()) {
    rows.resize(data.rows);
    std::iota(rows.begin(), rows.end(), core::RowId{0});
    return rows;
  }
  mpi::agree_on(context.communicator, [&] {
    if (context.communicator.is_root())
      rows = store::read_selection(context.folder.selection(job.selection)).row;
  });
  return mpi::broadcast(context.communicator, rows);
}

ScorerBinding binding_of(const Context& context, const IndexedData& data, const Writing& writing,
                         std::span<const core::RowId> rows, std::string weights, int devices) {
  constexpr const char* kLearnt[] = {"answers", "last_answer", "all"};
  constexpr const char* kSchedules[] = {"constant", "linear", "cosine"};
  const FinetuneJob& job = *context.job.finetune;
  const training::TrainingOptions& options = job.options;
  ScorerBinding binding;
  binding["engine"] = job.engine == FinetuneEngine::native ? "native" : "torchrun";
  binding["code_version"] = kVersion;
  binding["data"] = data.key;
  binding["selected_rows"] =
      core::to_hex(core::hash128({reinterpret_cast<const char*>(rows.data()), rows.size_bytes()}));
  binding["model"] = std::move(weights);
  binding["tokenizer"] = writing.tokenizer.fingerprint();
  binding["template"] = std::string(writing.prompt->name());
  binding["template_texts"] = data::template_fingerprint(*writing.prompt);
  binding["system"] = job.model.system;
  binding["join"] = context.job.join;
  binding["max_length"] = writing.options.max_length;
  binding["loss_on"] = kLearnt[static_cast<std::size_t>(job.learnt)];
  binding["end"] = job.ends_as_template ? "template" : "eos";
  binding["dtype"] = job.model.dtype;
  binding["epochs"] = job.epochs;
  binding["batch"] = job.batch;
  binding["lr"] = options.rate.peak;
  binding["warmup"] = job.warmup;
  binding["schedule"] = kSchedules[static_cast<std::size_t>(options.rate.schedule)];
  binding["weight_decay"] = options.weight_decay;
  binding["clip_norm"] = options.clip_norm;
  binding["beta1"] = options.adamw.beta1;
  binding["beta2"] = options.adamw.beta2;
  binding["epsilon"] = options.adamw.epsilon;
  binding["loss_reduction"] =
      options.reduction == training::LossReduction::token ? "token" : "sample";
  binding["micro_batch"] = options.micro_batch_rows;
  binding["neftune_alpha"] = options.neftune_alpha;
  binding["neftune_length"] =
      options.neftune_length == training::NeftuneLength::real ? "real" : "padded";
  binding["shuffle"] = job.shuffle;
  binding["drop_last"] = job.drop_last;
  binding["seed"] = options.seed;
  binding["batch_tokens"] = options.micro_batch_tokens;
  binding["device"] = devices > 0 ? "cuda" : "cpu";
  binding["threads"] = context.threads;
  binding["library"] = model::library_description();
  return binding;
}

/// One training in its run folder.
class Training {
 public:
  Training(Context& context, const Checkpoints& checkpoints, const TrainingRows& rows,
           std::string key, std::unique_ptr<training::FineTuning> tuning)
      : context_(context),
        ranks_(context.communicator),
        job_(*context.job.finetune),
        checkpoints_(checkpoints),
        rows_(rows),
        plan_(job_, rows.rows.size()),
        key_(std::move(key)),
        tuning_(std::move(tuning)) {}

  void run() {
    expect_room();
    resume();
    const std::uint64_t begun = tuning_->steps();
    const std::uint64_t steps = plan_.steps();
    std::optional<StepsLog> log;
    mpi::agree_on(ranks_, [&] {
      if (ranks_.is_root()) log.emplace(context_.folder.steps_log(), begun);
    });
    core::Progress progress(context_.log, "finetune", "steps", steps, begun);
    last_saved_ = std::chrono::steady_clock::now();
    std::uint64_t tokens = 0;
    double seconds = 0;
    for (std::uint64_t step = begun; step < steps; ++step) {
      const auto begin = std::chrono::steady_clock::now();
      const training::StepReport report = take(step);
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
      seconds += took.count();
      tokens += report.tokens;
      mpi::agree_on(ranks_, [&] {
        if (log) log->write(report, step / plan_.per_epoch() + 1, took.count());
      });
      if (ranks_.is_root()) progress.advance(1);
      save_if_due();
    }
    if (ranks_.is_root()) progress.finish();
    if (seconds > 0)
      context_.summary["finetune"]["tokens_per_second"] = static_cast<double>(tokens) / seconds;
    mpi::agree_on(ranks_, [&] {
      if (ranks_.is_root()) tuning_->write_model(checkpoints_.final(), key_);
    });
  }

 private:
  void expect_room() {
    const std::uint64_t models = 2 + std::min(job_.keep, job_.epochs - 1);
    mpi::agree_on(ranks_, [&] {
      if (ranks_.is_root())
        checkpoints_.expect_room(models * tuning_->model_bytes() +
                                 (kResumeStates + 1) * tuning_->resume_bytes());
    });
  }

  /// Goes on from the newest resume state that is sound.
  void resume() {
    std::string found;
    mpi::agree_on(ranks_, [&] {
      if (!ranks_.is_root()) return;
      for (const auto& state : checkpoints_.resume_states()) found += state.string() + "\n";
    });
    found = mpi::broadcast(ranks_, found);
    for (std::size_t begin = 0; begin < found.size();) {
      const std::size_t end = found.find('\n', begin);
      const std::filesystem::path state = found.substr(begin, end - begin);
      begin = end + 1;
      try {
        tuning_->read_resume_state(state, key_);
        if (ranks_.is_root())
          context_.log.write("finetune", fmt::format("going on behind step {}", tuning_->steps()));
        return;
      } catch (const core::ModelError& error) {
        if (ranks_.is_root())
          context_.log.write("finetune", fmt::format("{}: trying the one before it", error.what()));
      }
    }
  }

  training::StepReport take(std::uint64_t step) {
    const training::StepRows& batch = plan_.batch(step);
    try {
      return tuning_->step(rows_.rows, batch, step / plan_.per_epoch());
    } catch (const core::ModelError& error) {
      std::string rows;
      for (const auto& shard : batch.shards)
        for (const std::uint64_t place : shard)
          if (rows.size() < 200) rows += fmt::format(" {}", rows_.rows[place].row);
      const std::string message = fmt::format(
          "{}; rows of the step:{}; what stands in {} stays: expected a smaller finetune.lr, or "
          "other rows",
          error.what(), rows, checkpoints_.folder().string());
      mpi::agree_on(ranks_, [&]() -> void { throw core::ModelError(message); });
    }
    throw core::InternalError("broken invariant: a step that failed goes on");
  }

  void save_if_due() {
    const std::uint64_t step = tuning_->steps();
    const bool is_last = step == plan_.steps();
    const bool ends_epoch = step % plan_.per_epoch() == 0;
    if (ends_epoch && !is_last) {
      mpi::agree_on(ranks_, [&] {
        if (!ranks_.is_root() || job_.keep == 0) return;
        tuning_->write_model(checkpoints_.epoch(step / plan_.per_epoch()), key_);
        checkpoints_.drop_epochs(job_.keep);
      });
      save();
    } else if (!is_last && is_due()) {
      save();
    }
    try {
      stop_if_requested(context_);
    } catch (const core::Interrupted&) {
      if (saved_step_ != step) save();
      throw;
    }
  }

  [[nodiscard]] bool is_due() const {
    return ask_root(ranks_, [&] {
      const std::chrono::duration<double, std::ratio<60>> since =
          std::chrono::steady_clock::now() - last_saved_;
      return job_.save_minutes > 0 && since.count() >= job_.save_minutes;
    });
  }

  void save() {
    tuning_->write_resume_state(checkpoints_.resume(tuning_->steps()), key_);
    mpi::agree_on(ranks_, [&] {
      if (ranks_.is_root()) checkpoints_.drop_resume_states(kResumeStates);
    });
    saved_step_ = tuning_->steps();
    last_saved_ = std::chrono::steady_clock::now();
  }

  Context& context_;
  const mpi::Communicator& ranks_;
  const FinetuneJob& job_;
  const Checkpoints& checkpoints_;
  const TrainingRows& rows_;
  FinetunePlan plan_;
  std::string key_;
  std::unique_ptr<training::FineTuning> tuning_;
  std::chrono::steady_clock::time_point last_saved_;
  std::optional<std::uint64_t> saved_step_;
};

/// The rate over the whole run.
training::TrainingOptions options_of(const FinetuneJob& job, std::uint64_t steps) {
  training::TrainingOptions options = job.options;
  options.rate.steps = steps;
  options.rate.warmup_steps = job.warmup < 1 ? training::warmup_steps(steps, job.warmup)
                                             : static_cast<std::uint64_t>(job.warmup);
  return options;
}

void expect_steps(const FinetuneJob& job, const TrainingRows& rows, std::uint64_t steps) {
  if (rows.rows.empty()) {
    std::string why;
    for (std::size_t status = 1; status < rows.status_counts.size(); ++status)
      if (rows.status_counts[status] > 0)
        why += fmt::format("{} {} {}", why.empty() ? ":" : ",", core::kScoreStatusNames[status],
                           rows.status_counts[status]);
    throw core::DataError(fmt::format("finetune: no row can be learnt{}", why));
  }
  if (steps == 0)
    throw core::DataError(
        fmt::format("finetune.batch: {} rows, but {} can be learnt: expected a smaller batch, or "
                    "drop_last: false",
                    job.batch, rows.rows.size()));
}

Json counts_of(const TrainingRows& rows) {
  Json counts;
  for (std::size_t status = 0; status < rows.status_counts.size(); ++status)
    if (status == 0 || rows.status_counts[status] > 0)
      counts[std::string(core::kScoreStatusNames[status])] = rows.status_counts[status];
  return counts;
}

}  // namespace

void finetune(Context& context, Json& manifest, const IndexedData& data) {
  const StageTimer timer(context, "finetune");
  const mpi::Communicator& ranks = context.communicator;
  const FinetuneJob& job = context.job.finetune.value();
  const Checkpoints checkpoints(context.folder.checkpoints());
  const std::vector<core::RowId> ids = rows_to_learn(context, data);
  const Writing writing = mpi::agree_on(ranks, [&] { return open_writing(job, context.job.join); });
  const int devices = model::cuda_device_count();
  const std::string bound = mpi::agree_on(ranks, [&]() -> std::string {
    if (!ranks.is_root()) return "";
    std::string weights = weights_fingerprint(context, manifest, "finetune", job.model);
    return bind_scorer(context,
                       {.journal = checkpoints.folder(),
                        .is_begun = checkpoints.are_begun(),
                        .name = "finetune",
                        .remedy = fmt::format("choose another --out, or remove {}",
                                              checkpoints.folder().string()),
                        .file = "finetune.json"},
                       binding_of(context, data, writing, ids, std::move(weights), devices))
        .dump();
  });
  const ScorerBinding binding = ScorerBinding::parse(mpi::broadcast(ranks, bound));
  const std::string key = key_of(binding);

  const TrainingRows rows =
      training_rows(context, data, ids, writing.tokenizer, *writing.prompt, writing.options);
  FinetunePlan plan(job, rows.rows.size());
  const std::uint64_t steps = plan.steps();
  mpi::agree_on(ranks, [&] { expect_steps(job, rows, steps); });
  Json& summary = context.summary["finetune"];
  summary = binding;
  summary["rows"] = ids.size();
  summary["status"] = counts_of(rows);
  summary["cut"] = rows.cut;
  summary["steps"] = steps;
  summary["checkpoint"] = checkpoints.final().string();

  const bool is_current =
      ask_root(ranks, [&] { return training::is_sealed(checkpoints.final(), key); });
  if (!is_current && job.engine == FinetuneEngine::torchrun) {
    train_by_torchrun(context, {checkpoints, rows, plan, options_of(job, steps), binding});
  } else if (!is_current) {
    const model::LoadOptions load =
        load_options(context, job.model, binding, model::ModelUse::scoring, "finetune");
    Training(context, checkpoints, rows, key,
             training::open_fine_tuning(ranks, job.model.path, load, options_of(job, steps)))
        .run();
  }
  mpi::agree_on(ranks, [&] {
    if (!ranks.is_root()) return;
    checkpoints.drop_resume_states(0);
    if (const auto loss = last_loss(context.folder.steps_log())) summary["last_loss"] = *loss;
  });
}

}  // namespace winnow::pipeline
