#include "pipeline/torchrun_files.hpp"

#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "model/model_config.hpp"
#include "model/safetensors_writer.hpp"
#include "model/weight_files.hpp"
#include "pipeline/json_text.hpp"
#include "training/model_files.hpp"
#include "training/pending_folder.hpp"
#include "training/sealed_folder.hpp"

namespace winnow::pipeline {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

template <typename Value>
std::string_view bytes_of(const std::vector<Value>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void write_rows(const fs::path& file, const TorchrunWork& work, const FinetuneJob& job) {
  std::vector<std::int32_t> ids, targets;
  std::vector<std::int64_t> ends, target_ends, order;
  for (const training::TrainingRow& row : work.rows) {
    ids.insert(ids.end(), row.ids.begin(), row.ids.end());
    ends.push_back(static_cast<std::int64_t>(ids.size()));
    for (const training::TokenRange& range : row.targets) {
      targets.push_back(static_cast<std::int32_t>(range.begin));
      targets.push_back(static_cast<std::int32_t>(range.end));
    }
    target_ends.push_back(static_cast<std::int64_t>(targets.size() / 2));
  }
  for (const training::StepRows& step : work.batches)
    for (std::size_t i = 0; i < job.batch; ++i) {
      const std::vector<std::uint64_t>& shard = step.shards[i % training::kShards];
      const std::size_t place = i / training::kShards;
      order.push_back(place < shard.size() ? static_cast<std::int64_t>(shard[place]) : -1);
    }
  model::SafetensorsWriter writer(file,
                                  {{"order", "I64", {work.batches.size(), job.batch}},
                                   {"ends", "I64", {ends.size()}},
                                   {"target_ends", "I64", {target_ends.size()}},
                                   {"ids", "I32", {ids.size()}},
                                   {"targets", "I32", {targets.size() / 2, 2}}},
                                  {});
  for (const std::string_view bytes :
       {bytes_of(order), bytes_of(ends), bytes_of(target_ends), bytes_of(ids), bytes_of(targets)})
    writer.write(bytes);
  writer.finish();
}

}  // namespace

void TorchrunFiles::write(const TorchrunWork& work, const FinetuneJob& job) const {
  fs::create_directories(folder);
  write_rows(rows(), work, job);
  std::vector<std::uint64_t> ends;
  for (const auto& [step, epoch] : work.ends) ends.push_back(step);
  const Json values = {{"model", fs::absolute(job.model.path).string()},
                       {"rows", fs::absolute(rows()).string()},
                       {"folder", fs::absolute(folder).string()},
                       {"key", key_of(work.binding)},
                       {"device", work.binding.at("device")},
                       {"dtype", job.model.dtype},
                       {"steps", work.options.rate.steps},
                       {"before", work.before},
                       {"epoch_ends", ends},
                       {"micro_batch", work.options.micro_batch_rows},
                       {"lr", work.options.rate.peak},
                       {"schedule", work.binding.at("schedule")},
                       {"warmup_steps", work.options.rate.warmup_steps},
                       {"weight_decay", work.options.weight_decay},
                       {"clip_norm", work.options.clip_norm},
                       {"beta1", work.options.adamw.beta1},
                       {"beta2", work.options.adamw.beta2},
                       {"epsilon", work.options.adamw.epsilon},
                       {"neftune_alpha", work.options.neftune_alpha},
                       {"activation_checkpointing", work.options.checkpointing},
                       {"seed", work.options.seed},
                       {"save_minutes", job.save_minutes},
                       {"keep", job.keep}};
  core::write_file(recipe(), json_text(values));
}

void take_back(const fs::path& weights, const fs::path& target, const FinetuneJob& job,
               const std::string& made_from) {
  training::PendingFolder pending(target);
  const bool is_bf16 = job.model.dtype == "bf16";
  training::write_model_files(pending.path(), job.model.path, is_bf16);
  for (const auto& entry : fs::directory_iterator(weights)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".safetensors") && !name.ends_with(".safetensors.index.json")) continue;
    fs::rename(entry.path(), pending.path() / name);
    fs::permissions(pending.path() / name, fs::perms::group_read | fs::perms::others_read,
                    fs::perm_options::add);
  }
  static_cast<void>(model::read_decoder_config(pending.path()));
  const model::WeightFiles files(pending.path());
  for (const auto& [dtype, elements] : files.elements())
    if (dtype != (is_bf16 ? "BF16" : "F32"))
      throw core::ModelError(fmt::format("{}: {} weights are {}, expected {}", weights.string(),
                                         elements, dtype, is_bf16 ? "BF16" : "F32"));
  training::seal_folder(pending.path(), made_from);
  pending.publish();
  training::remove_folder(weights);
}

}  // namespace winnow::pipeline
