#include "pipeline/tool_config.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace winnow::pipeline {
namespace {

using Json = nlohmann::ordered_json;
using training::Learnt;

/// A template of winnow's and what two of the tools call it.
struct TemplateName {
  std::string_view winnow, llama_factory, axolotl;
};
constexpr std::array<TemplateName, 6> kTemplates = {{{"alpaca", "alpaca", "alpaca"},
                                                     {"chatml", "chatml", "chatml"},
                                                     {"llama-3", "llama3", "llama3"},
                                                     {"smollm2", "smollm2", ""},
                                                     {"vicuna", "vicuna", ""},
                                                     {"gemma-3", "gemma3", "gemma3"}}};

std::string name_for(TrainingTool tool, const std::string& prompt_template) {
  for (const TemplateName& name : kTemplates)
    if (name.winnow == prompt_template)
      return std::string(tool == TrainingTool::axolotl ? name.axolotl : name.llama_factory);
  return "";
}

/// A float always has a point: YAML 1.1 takes 2e-05 for a text.
std::string yaml_value(const Json& value) {
  if (!value.is_number_float()) return value.dump();
  std::string text = value.dump();
  if (const std::size_t exponent = text.find('e');
      exponent != std::string::npos && text.find('.') == std::string::npos)
    text.insert(exponent, ".0");
  return text;
}

std::string yaml(const Json& config) {
  std::string text;
  for (const auto& [key, value] : config.items())
    text += fmt::format("{}: {}\n", key, yaml_value(value));
  return text;
}

/// Rows of one pass; the batch is whole passes.
std::uint64_t rows_of_pass(const FinetuneJob& job) {
  const std::uint64_t rows = job.options.micro_batch_rows;
  return rows > 0 && job.batch % rows == 0 ? rows : 1;
}

const char* schedule_of(const FinetuneJob& job) {
  switch (job.options.rate.schedule) {
    case training::Schedule::constant:
      return "constant_with_warmup";
    case training::Schedule::linear:
      return "linear";
    case training::Schedule::cosine:
      break;
  }
  return "cosine";
}

/// What all three have from transformers' TrainingArguments, under its names.
Json training_arguments(const ToolRecipe& recipe) {
  const FinetuneJob& job = recipe.job;
  const training::TrainingOptions& options = job.options;
  Json config = {{"output_dir", recipe.output.string()},
                 {"gradient_accumulation_steps", job.batch / rows_of_pass(job)},
                 {"learning_rate", options.rate.peak},
                 {"warmup_steps", recipe.warmup_steps},
                 {"weight_decay", options.weight_decay},
                 {"max_grad_norm", options.clip_norm},
                 {"adam_beta1", options.adamw.beta1},
                 {"adam_beta2", options.adamw.beta2},
                 {"adam_epsilon", options.adamw.epsilon},
                 {"bf16", job.model.dtype == "bf16"},
                 {"seed", options.seed % (std::uint64_t{1} << 32)},
                 {"dataloader_drop_last", job.drop_last},
                 {"logging_steps", 1},
                 {"save_strategy", "epoch"}};
  if (options.neftune_alpha > 0) config["neftune_noise_alpha"] = options.neftune_alpha;
  return config;
}

void add_trainer_names(Json& config, const FinetuneJob& job) {
  config["per_device_train_batch_size"] = rows_of_pass(job);
  config["num_train_epochs"] = job.epochs;
  config["lr_scheduler_type"] = schedule_of(job);
}

Json llama_factory(const ToolRecipe& recipe) {
  const FinetuneJob& job = recipe.job;
  Json config = {{"model_name_or_path", recipe.model.string()},
                 {"stage", "sft"},
                 {"do_train", true},
                 {"finetuning_type", "full"},
                 {"dataset_dir", recipe.data.parent_path().string()},
                 {"dataset", recipe.name},
                 {"cutoff_len", recipe.max_length},
                 {"train_on_prompt", job.learnt == Learnt::everything},
                 {"mask_history", job.learnt == Learnt::last_answer},
                 {"disable_shuffling", !job.shuffle},
                 {"disable_gradient_checkpointing", !job.options.checkpointing}};
  if (const std::string name = name_for(TrainingTool::llama_factory, job.model.prompt_template);
      !name.empty())
    config["template"] = name;
  if (!job.model.system.empty()) config["default_system"] = job.model.system;
  config.update(training_arguments(recipe));
  add_trainer_names(config, job);
  return config;
}

Json axolotl(const ToolRecipe& recipe) {
  const FinetuneJob& job = recipe.job;
  Json data = {{"path", recipe.data.string()},
               {"ds_type", "json"},
               {"type", "chat_template"},
               {"field_messages", "messages"},
               {"message_property_mappings", {{"role", "role"}, {"content", "content"}}}};
  if (job.learnt == Learnt::last_answer) {
    data["roles_to_train"] = Json::array();
    data["message_field_training"] = "training";
  }
  const std::string chat = name_for(TrainingTool::axolotl, job.model.prompt_template);
  Json config = {{"base_model", recipe.model.string()},
                 {"datasets", Json::array({data})},
                 {"chat_template", chat.empty() ? "tokenizer_default" : chat},
                 {"sequence_len", recipe.max_length},
                 {"excess_length_strategy", "truncate"},
                 {"sample_packing", false},
                 {"train_on_inputs", job.learnt == Learnt::everything},
                 {"shuffle_merged_datasets", job.shuffle},
                 {"micro_batch_size", rows_of_pass(job)},
                 {"num_epochs", job.epochs},
                 {"optimizer", "adamw_torch"},
                 {"lr_scheduler", schedule_of(job)},
                 {"gradient_checkpointing", job.options.checkpointing}};
  config.update(training_arguments(recipe));
  return config;
}

Json trl(const ToolRecipe& recipe) {
  const FinetuneJob& job = recipe.job;
  Json config = {
      {"model_name_or_path", recipe.model.string()},
      {"dtype", "float32"},
      {"datasets", Json::array({{{"path", "json"}, {"data_files", recipe.data.string()}}})},
      {"max_length", recipe.max_length},
      {"packing", false},
      {"gradient_checkpointing", job.options.checkpointing},
      {"optim", "adamw_torch"}};
  if (job.learnt != Learnt::last_answer)
    config["assistant_only_loss"] = job.learnt == Learnt::answers;
  config.update(training_arguments(recipe));
  add_trainer_names(config, job);
  return config;
}

std::string comments(TrainingTool tool, const ToolRecipe& recipe) {
  const FinetuneJob& job = recipe.job;
  std::vector<std::string> lines = {
      fmt::format("For one device; on N of them divide gradient_accumulation_steps by N, so that "
                  "a step stays {} rows.",
                  job.batch),
      "Without counterpart: finetune.save_minutes, keep; the order of winnow's own epochs; where "
      "a token straddles prompt and answer."};
  lines.push_back(fmt::format("finetune.end: {}: the tool's template decides what ends an answer.",
                              job.ends_as_template ? "template" : "eos"));
  if (job.options.reduction == training::LossReduction::sample)
    lines.emplace_back("finetune.loss_reduction: sample: the tool counts every token alike.");
  if (job.options.neftune_alpha > 0 && job.options.neftune_length == training::NeftuneLength::real)
    lines.emplace_back("finetune.neftune_length: real: the tool scales by the padded length.");
  if (tool == TrainingTool::trl) {
    if (job.model.prompt_template != "auto")
      lines.push_back(
          fmt::format("model.template: {}: TRL writes rows down by the model's own chat "
                      "template, or chat_template_path.",
                      job.model.prompt_template));
    if (job.learnt == Learnt::answers)
      lines.emplace_back(
          "assistant_only_loss needs a chat template that marks answers by "
          "{% generation %}; TRL patches those that it knows.");
    if (!job.shuffle)
      lines.emplace_back("finetune.shuffle: false: TRL's Trainer shuffles each epoch.");
  } else if (job.model.prompt_template != "auto" &&
             name_for(tool, job.model.prompt_template).empty()) {
    lines.push_back(
        fmt::format("model.template: {}: not known to the tool; it takes the model's "
                    "own chat template.",
                    job.model.prompt_template));
  }
  std::string text;
  for (const std::string& line : lines) text += "# " + line + "\n";
  return text;
}

}  // namespace

std::string tool_config(TrainingTool tool, const ToolRecipe& recipe) {
  const Json config = tool == TrainingTool::llama_factory ? llama_factory(recipe)
                      : tool == TrainingTool::axolotl     ? axolotl(recipe)
                                                          : trl(recipe);
  return comments(tool, recipe) + yaml(config);
}

}  // namespace winnow::pipeline
