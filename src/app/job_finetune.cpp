#include "app/job_finetune.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/job_scorers.hpp"

namespace winnow::app {
namespace {

constexpr std::uint64_t kMost = 1ULL << 40;
constexpr std::uint64_t kMostRows = 1ULL << 20;

pipeline::ModelScorer read_trained_model(YamlSection& section, const pipeline::Job& job) {
  pipeline::ModelScorer model;
  if (auto own = section.section("model")) {
    if (section.has("scorer"))
      section.fail("scorer", "given beside model: expected one of the two");
    model = read_model_folder(*own);
    own->finish();
  } else {
    model = *scorer_with_model(section, job, "is trained").model;
  }
  if (const auto dtype = section.one_of("dtype", {"bf16", "fp32"})) model.dtype = *dtype;
  if (const auto length = section.unsigned_integer("max_length", 2, 1U << 24)) {
    model.max_length = static_cast<std::uint32_t>(*length);
    model.max_length_place = section.place_of("max_length");
  }
  return model;
}

/// The selection whose rows are learnt; empty: all rows, or what each cell of a study selects.
std::string read_selection(YamlSection& section, const pipeline::Job& job) {
  std::vector<std::string> names;
  for (const pipeline::SelectionJob& selection : job.selections) names.push_back(selection.name);
  const auto given = section.text("selection");
  if (job.study) {
    if (given)
      section.fail("selection",
                   "given beside study, which trains on each of its selections: expected none");
    return "";
  }
  if (names.empty()) {
    if (given) section.fail("selection", "given, but the job has no selection: expected none");
    return "";
  }
  if (!given && names.size() > 1)
    section.fail("selection",
                 fmt::format("missing, expected the one whose rows are learnt: one of {}",
                             fmt::join(names, ", ")));
  if (!given) return names.front();
  return section.one_of("selection", names).value();
}

training::LearningRate read_rate(YamlSection& section) {
  training::LearningRate rate;
  rate.peak = section.number("lr", 0, 10).value_or(2e-5);
  const std::string schedule =
      section.one_of("schedule", {"cosine", "linear", "constant"}).value_or("cosine");
  if (schedule == "linear") rate.schedule = training::Schedule::linear;
  if (schedule == "constant") rate.schedule = training::Schedule::constant;
  return rate;
}

training::TrainingOptions read_options(YamlSection& section) {
  training::TrainingOptions options;
  options.rate = read_rate(section);
  options.adamw.beta1 = section.number("beta1", 0, 0.999999999).value_or(options.adamw.beta1);
  options.adamw.beta2 = section.number("beta2", 0, 0.999999999).value_or(options.adamw.beta2);
  options.adamw.epsilon = section.number("epsilon", 1e-30, 1).value_or(options.adamw.epsilon);
  options.weight_decay = section.number("weight_decay", 0, 10).value_or(0);
  options.clip_norm = section.number("clip_norm", 0, 1e9).value_or(1);
  if (section.one_of("loss_reduction", {"token", "sample"}) == "sample")
    options.reduction = training::LossReduction::sample;
  options.micro_batch_rows =
      static_cast<std::uint32_t>(section.unsigned_integer("micro_batch", 1, kMostRows).value_or(0));
  options.checkpointing = section.boolean("activation_checkpointing").value_or(false);
  options.neftune_alpha = section.number("neftune_alpha", 0, 1e6).value_or(0);
  if (const auto length = section.one_of("neftune_length", {"real", "padded"})) {
    if (options.neftune_alpha == 0)
      section.fail("neftune_length",
                   "given, but without a neftune_alpha above 0 there is no noise");
    if (*length == "padded") options.neftune_length = training::NeftuneLength::padded;
  }
  options.seed = section.unsigned_integer("seed", 0, ~0ULL).value_or(0);
  return options;
}

/// All linear modules are meant by no targets.
std::vector<std::string> read_targets(YamlSection& section) {
  std::vector<std::string> targets = section.texts("targets").value_or(std::vector<std::string>());
  if (section.has("targets") && targets.empty())
    section.fail("targets", "empty, expected names of linear modules, or all-linear");
  if (std::ranges::find(targets, "all-linear") == targets.end()) return targets;
  if (targets.size() > 1)
    section.fail("targets", "all-linear beside other names, expected it alone");
  return {};
}

void read_lora(YamlSection& section, pipeline::FinetuneJob& finetune) {
  auto own = section.section("lora");
  if (!own) return;
  training::LoraOptions& lora = finetune.options.lora.emplace();
  lora.rank = static_cast<std::uint32_t>(own->unsigned_integer("rank", 1, 1U << 16).value_or(8));
  lora.alpha = own->number("alpha", 1e-6, 1e9).value_or(16);
  lora.targets = read_targets(*own);
  if (own->number("dropout", 0, 1).value_or(0) != 0)
    own->fail("dropout", "adapters are trained without dropout, expected 0");
  const auto save = own->one_of("save", {"adapter", "merged", "both"});
  if (save == "adapter") finetune.lora_save = pipeline::LoraSave::adapter;
  if (save == "merged") finetune.lora_save = pipeline::LoraSave::merged;
  own->finish();
}

/// What transformers' Trainer does not do as winnow would.
void read_torchrun(YamlSection& section, training::TrainingOptions& options) {
  if (options.reduction == training::LossReduction::sample)
    section.fail("loss_reduction",
                 "sample, which engine: torchrun has not: expected token, or engine: native");
  if (options.micro_batch_rows == 0) options.micro_batch_rows = 1;
  if (options.neftune_alpha > 0 && options.neftune_length == training::NeftuneLength::real &&
      options.micro_batch_rows > 1)
    section.fail(
        section.has("neftune_length") ? "neftune_length" : "neftune_alpha",
        "scaled by each row's real length, which engine: torchrun has only with micro_batch: 1: "
        "expected neftune_length: padded, or engine: native");
}

/// What the cells of a study set, or cannot do with.
void refuse_beside_study(YamlSection& section, const pipeline::FinetuneJob& finetune) {
  if (section.has("seed")) section.fail("seed", "given beside study: expected study.seeds");
  if (finetune.options.lora && finetune.lora_save == pipeline::LoraSave::adapter)
    section.fail("lora",
                 "save: adapter, but a study evaluates whole models: expected merged or both");
}

training::Learnt read_learnt(YamlSection& section) {
  const auto given = section.one_of("loss_on", {"answers", "last_answer", "all"});
  if (given == "last_answer") return training::Learnt::last_answer;
  return given == "all" ? training::Learnt::everything : training::Learnt::answers;
}

/// What the rows' losses are; refuses what has no meaning for pairs of answers.
void read_objective(YamlSection& section, pipeline::FinetuneJob& finetune) {
  const bool is_dpo = section.one_of("objective", {"sft", "dpo"}) == "dpo";
  const auto beta = section.number("beta", 1e-6, 1e6);
  if (!is_dpo) {
    if (beta) section.fail("beta", "given, but without objective: dpo it has no meaning");
    return;
  }
  finetune.options.dpo_beta = beta.value_or(0.1);
  const auto refuse = [&](const char* key, const std::string& why) {
    section.fail(key, why + ": expected none with objective: dpo");
  };
  if (section.has("loss_on") && finetune.learnt != training::Learnt::last_answer)
    section.fail("loss_on",
                 "objective: dpo compares the last answers of pairs: expected last_answer");
  finetune.learnt = training::Learnt::last_answer;
  if (section.has("loss_reduction"))
    refuse("loss_reduction", "the loss of a step is the mean over its pairs");
  if (finetune.options.neftune_alpha > 0)
    refuse("neftune_alpha", "the reference was formed without noise");
  if (finetune.engine == pipeline::FinetuneEngine::torchrun)
    section.fail("objective", "dpo is not supported by engine: torchrun: expected engine: native");
}

}  // namespace

pipeline::FinetuneJob read_finetune(YamlSection& section, const pipeline::Job& job) {
  pipeline::FinetuneJob finetune;
  finetune.model = read_trained_model(section, job);
  finetune.selection = read_selection(section, job);
  finetune.epochs = section.unsigned_integer("epochs", 1, 100'000).value_or(3);
  finetune.batch = section.unsigned_integer("batch", 1, kMostRows).value_or(32);
  finetune.warmup = section.number("warmup", 0, static_cast<double>(kMost)).value_or(0.03);
  if (finetune.warmup >= 1 &&
      finetune.warmup != static_cast<double>(static_cast<std::uint64_t>(finetune.warmup)))
    section.fail("warmup", "expected a share of all steps below 1, or a whole number of steps");
  finetune.shuffle = section.boolean("shuffle").value_or(true);
  finetune.drop_last = section.boolean("drop_last").value_or(false);
  finetune.learnt = read_learnt(section);
  finetune.ends_as_template = section.one_of("end", {"eos", "template"}) == "template";
  finetune.options = read_options(section);
  read_lora(section, finetune);
  if (section.one_of("engine", {"native", "torchrun"}) == "torchrun") {
    finetune.engine = pipeline::FinetuneEngine::torchrun;
    if (finetune.options.lora)
      section.fail("lora", "not supported by engine: torchrun: expected engine: native");
    if (section.has("deterministic"))
      section.fail("deterministic",
                   "given with engine: torchrun: expected none, or engine: native");
    read_torchrun(section, finetune.options);
  }
  read_objective(section, finetune);
  if (job.study) refuse_beside_study(section, finetune);
  finetune.options.is_bf16 = finetune.model.dtype == "bf16";
  finetune.deterministic = section.boolean("deterministic");
  finetune.save_minutes = section.number("save_minutes", 0, 1e6).value_or(10);
  finetune.keep = section.unsigned_integer("keep", 0, 100'000).value_or(1);
  section.finish();
  return finetune;
}

}  // namespace winnow::app
