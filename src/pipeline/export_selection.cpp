#include "pipeline/export_selection.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "model/model_config.hpp"
#include "pipeline/json_text.hpp"
#include "pipeline/model_loading.hpp"
#include "pipeline/row_source.hpp"
#include "pipeline/tool_config.hpp"

namespace winnow::pipeline {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const FinetuneJob& finetune_of(const FinishedRun& run) {
  if (run.job().study)
    throw core::UsageError(fmt::format(
        "{}: study: given, and each of its cells has rows of its own: expected a job without",
        run.job().file.string()));
  if (run.job().finetune) {
    if (run.job().finetune->options.dpo_beta)
      throw core::UsageError(
          fmt::format("{}: finetune.objective: not supported: pairs of answers are not exported: "
                      "expected sft, found dpo",
                      run.job().file.string()));
    return *run.job().finetune;
  }
  throw core::UsageError(fmt::format(
      "{}: finetune: missing, expected finetune: {{ epochs: 3, lr: 2.0e-5 }}: rows are exported "
      "with what is to be done with them",
      run.job().file.string()));
}

std::vector<core::RowId> rows_of(const FinishedRun& run, const FinetuneJob& finetune) {
  std::vector<core::RowId> rows(run.data().rows);
  std::iota(rows.begin(), rows.end(), core::RowId{0});
  for (const SelectionJob& job : run.job().selections) {
    if (job.name != finetune.selection) continue;
    FoundSelection found = find_selection(run, job);
    if (found.state != FoundSelection::State::current)
      throw core::UsageError(
          fmt::format("{}: {}, expected a selection of this job: ./winnow select {}",
                      run.folder().selection(job.name).string(),
                      found.state == FoundSelection::State::missing
                          ? "not made yet"
                          : "made from other scores or settings than the job's",
                      run.job().file.string()));
    rows = std::move(found.file.row);
    if (job.order == "file") std::ranges::sort(rows);
  }
  return rows;
}

/// A conversation as all three tools read it.
Json messages_of(const data::Sample& sample, const Job& job) {
  Json messages = Json::array();
  const auto add = [&](const char* role, const std::string& text) {
    messages.push_back({{"role", role}, {"content", text}});
  };
  const std::string& system = sample.system ? *sample.system : job.finetune->model.system;
  if (sample.system || !system.empty()) add("system", system);
  for (const data::Turn& turn : sample.history)
    add(turn.role == data::Turn::Role::user        ? "user"
        : turn.role == data::Turn::Role::assistant ? "assistant"
                                                   : "system",
        turn.text);
  add("user",
      sample.input.empty() ? sample.instruction : sample.instruction + job.join + sample.input);
  add("assistant", sample.output);
  return messages;
}

Json row_of(const data::Sample& sample, const Job& job, TrainingTool tool) {
  Json messages = messages_of(sample, job);
  const bool is_last_alone = job.finetune->learnt == training::Learnt::last_answer;
  if (is_last_alone && tool == TrainingTool::trl) {
    const Json answer = Json::array({messages.back()});
    messages.erase(messages.size() - 1);
    return {{"prompt", messages}, {"completion", answer}};
  }
  if (is_last_alone && tool == TrainingTool::axolotl)
    for (std::size_t i = 0; i < messages.size(); ++i)
      messages[i]["training"] = i + 1 == messages.size();
  return {{"messages", messages}};
}

/// @returns how many rows there are; those that could not be read are none
std::uint64_t write_rows(const FinishedRun& run, TrainingTool tool, const fs::path& file) {
  const std::vector<core::RowId> rows = rows_of(run, finetune_of(run));
  const bool is_list = tool == TrainingTool::llama_factory;
  const fs::path pending = file.string() + ".pending";
  core::OutputFile output(pending, /*exclusive=*/false);
  std::uint64_t count = 0;
  if (is_list) output.write("[");
  RowSource source(run.folder(), run.data().data_set);
  source.for_each_row(rows, [&](const std::optional<data::ParsedRow>& row) {
    if (!row) return;
    const std::string text = row_of(row->sample, run.job(), tool).dump();
    output.write(is_list ? (count == 0 ? "\n" : ",\n") + text : text + "\n");
    ++count;
  });
  if (is_list) output.write("\n]\n");
  output.close();
  core::publish(pending, file);
  return count;
}

/// How LLaMA-Factory is told of the file.
Json dataset_info(const std::string& name, const fs::path& data) {
  Json info;
  info[name] = {{"file_name", data.filename().string()},
                {"formatting", "sharegpt"},
                {"columns", {{"messages", "messages"}}},
                {"tags",
                 {{"role_tag", "role"},
                  {"content_tag", "content"},
                  {"user_tag", "user"},
                  {"assistant_tag", "assistant"},
                  {"system_tag", "system"}}}};
  return info;
}

std::string command_of(TrainingTool tool, const fs::path& config) {
  const std::string file = config.string();
  if (tool == TrainingTool::llama_factory) return "llamafactory-cli train " + file;
  return tool == TrainingTool::axolotl ? "axolotl train " + file : "trl sft --config " + file;
}

std::uint64_t warmup_of(const FinetuneJob& job, std::uint64_t rows) {
  if (job.warmup >= 1) return static_cast<std::uint64_t>(job.warmup);
  const std::uint64_t per_epoch =
      job.drop_last ? rows / job.batch : (rows + job.batch - 1) / job.batch;
  return training::warmup_steps(per_epoch * job.epochs, job.warmup);
}

}  // namespace

Json export_selection(const FinishedRun& run, TrainingTool tool, const fs::path& folder) {
  const FinetuneJob& job = finetune_of(run);
  const std::uint32_t max_length =
      max_length_of(job.model, model::read_decoder_config(job.model.path).max_positions);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw core::EnvironmentError(
        fmt::format("{}: cannot create the folder: {}", folder.string(), error.message()));
  const fs::path place = fs::canonical(folder);
  const std::string name = job.selection.empty() ? run.job().name : job.selection;
  const fs::path data = place / (name + (tool == TrainingTool::llama_factory ? ".json" : ".jsonl"));
  const fs::path config = place / "train.yaml";
  const std::uint64_t rows = write_rows(run, tool, data);
  if (tool == TrainingTool::llama_factory)
    core::write_file(place / "dataset_info.json", json_text(dataset_info(name, data)));
  core::write_file(
      config, tool_config(tool, {job, data, fs::canonical(job.model.path), place / "model", name,
                                 max_length, warmup_of(job, rows)}));
  return {{"rows", rows},
          {"data", data.string()},
          {"config", config.string()},
          {"command", command_of(tool, config)}};
}

}  // namespace winnow::pipeline
