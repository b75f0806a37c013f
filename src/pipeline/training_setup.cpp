#include "pipeline/training_setup.hpp"

#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "data/template_fingerprint.hpp"
#include "model/model_config.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/finetune_results.hpp"
#include "pipeline/model_loading.hpp"
#include "pipeline/version.hpp"
#include "pipeline/weights_fingerprint.hpp"
#include "training/lora_targets.hpp"

namespace winnow::pipeline {
namespace {

BoundWork bound_training(const Checkpoints& checkpoints) {
  return {
      .journal = checkpoints.folder(),
      .is_begun = checkpoints.are_begun(),
      .name = "finetune",
      .remedy = fmt::format("choose another --out, or remove {}", checkpoints.folder().string()),
      .file = "finetune.json"};
}

/// What the job and the files of the model's folder beside its weights decide.
ScorerBinding settings_of(const Job& whole, const Writing& writing) {
  constexpr const char* kLearnt[] = {"answers", "last_answer", "all"};
  constexpr const char* kSchedules[] = {"constant", "linear", "cosine"};
  const FinetuneJob& job = *whole.finetune;
  const training::TrainingOptions& options = job.options;
  ScorerBinding binding;
  binding["objective"] = options.dpo_beta ? "dpo" : "sft";
  if (options.dpo_beta) binding["beta"] = *options.dpo_beta;
  binding["engine"] = job.engine == FinetuneEngine::native ? "native" : "torchrun";
  binding["tokenizer"] = writing.tokenizer.fingerprint();
  binding["template"] = std::string(writing.prompt->name());
  binding["template_texts"] = data::template_fingerprint(*writing.prompt);
  binding["system"] = job.model.system;
  binding["join"] = whole.join;
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
  binding["lora"] = lora_binding(job);
  binding["shuffle"] = job.shuffle;
  binding["drop_last"] = job.drop_last;
  binding["seed"] = options.seed;
  if (job.deterministic) binding["deterministic"] = *job.deterministic;
  return binding;
}

ScorerBinding binding_of(const Context& context, const IndexedData& data, const Writing& writing,
                         std::span<const core::RowId> rows, std::string weights, int devices) {
  ScorerBinding binding = settings_of(context.job, writing);
  binding["data"] = data.key;
  binding["selected_rows"] =
      core::to_hex(core::hash128({reinterpret_cast<const char*>(rows.data()), rows.size_bytes()}));
  binding["model"] = std::move(weights);
  binding["code_version"] = kVersion;
  const FinetuneJob& job = *context.job.finetune;
  binding["batch_tokens"] = job.options.micro_batch_tokens;
  binding["device"] = devices > 0 ? "cuda" : "cpu";
  if (job.engine == FinetuneEngine::native)
    binding["deterministic"] = job.deterministic.value_or(devices == 0);
  binding["threads"] = context.threads;
  binding["library"] = model::library_description();
  return binding;
}

}  // namespace

Writing open_writing(const Job& whole) {
  const FinetuneJob& job = whole.finetune.value();
  Writing writing{tokenizer::Tokenizer::load(job.model.path), nullptr, {}};
  writing.prompt = open_prompt(job.model, writing.tokenizer, whole.join);
  writing.options.learnt = job.learnt;
  const model::DecoderConfig config = model::read_decoder_config(job.model.path);
  writing.options.max_length = max_length_of(job.model, config.max_positions);
  if (job.options.lora) static_cast<void>(training::adapted_modules(config, *job.options.lora));
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

void expect_same_training(const Job& job, const Writing& writing) {
  const Checkpoints checkpoints(RunFolder(job.run_folder).checkpoints());
  static_cast<void>(
      bound_before(job.run_folder, bound_training(checkpoints), settings_of(job, writing)));
}

TrainingSetup set_up_training(Context& context, nlohmann::ordered_json& manifest,
                              const IndexedData& data, std::span<const core::RowId> rows,
                              const nlohmann::ordered_json& more) {
  const mpi::Communicator& ranks = context.communicator;
  const FinetuneJob& job = context.job.finetune.value();
  TrainingSetup setup{mpi::agree_on(ranks, [&] { return open_writing(context.job); }),
                      Checkpoints(context.folder.checkpoints()),
                      {},
                      {}};
  const Checkpoints& checkpoints = setup.checkpoints;
  const int devices = model::cuda_device_count();
  const std::string bound = mpi::agree_on(ranks, [&]() -> std::string {
    if (!ranks.is_root()) return "";
    std::string weights = weights_fingerprint(context, manifest, "finetune", job.model);
    ScorerBinding wanted =
        binding_of(context, data, setup.writing, rows, std::move(weights), devices);
    wanted.update(more);
    return bind_scorer(context, bound_training(checkpoints), wanted).dump();
  });
  setup.binding = ScorerBinding::parse(mpi::broadcast(ranks, bound));
  setup.key = key_of(setup.binding);
  return setup;
}

}  // namespace winnow::pipeline
