// train_rows OPTIONS.json MODEL OUT < rows.jsonl
// Trains on the ranks. A line of the rows is {"row": N, "ids": [...], "targets": [[begin, end],
// ...]}; the options name "steps" (a list of lists of places), "rate", "warmup", "schedule",
// "total", "weight_decay", "clip", "reduction", "micro_tokens", "bf16", "checkpointing", "alpha",
// "padded", and may name "deterministic", "lora" ("rank", "alpha", "targets", "merged") and "beta":
// rows then are pairs, with "rejected" of ids and target, and the log-probabilities of both answers
// of each before the first step are printed first. Root prints a line of JSON for each step and
// writes OUT: every tensor that is trained as float32, in the order of the names that it prints
// last.
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "core/durable_file.hpp"
#include "model/model_config.hpp"
#include "model/weight_files.hpp"
#include "mpi/environment.hpp"
#include "training/lora_parameters_torch.hpp"
#include "training/trainer_mpi_torch.hpp"

namespace {

using namespace winnow;
using Json = nlohmann::json;

int run(const mpi::Communicator& world, const Json& asked, const std::string& folder,
        const std::string& out) {
  std::vector<training::TrainingRow> rows;
  std::ifstream file(asked.at("rows").get<std::string>());
  for (std::string line; std::getline(file, line);) {
    const Json json = Json::parse(line);
    training::TrainingRow& row = rows.emplace_back();
    row.row = json.at("row");
    row.ids = json.at("ids").get<std::vector<std::int32_t>>();
    for (const auto& range : json.at("targets")) row.targets.push_back({range[0], range[1]});
    if (asked.contains("beta")) {
      const Json& rejected = json.at("rejected");
      row.rejected = {rejected.at("ids").get<std::vector<std::int32_t>>(),
                      {rejected.at("target")[0], rejected.at("target")[1]},
                      {}};
    }
  }
  const model::DecoderConfig config = model::read_decoder_config(folder);
  const auto files = std::make_shared<model::WeightFiles>(folder);
  training::TrainingOptions options;
  options.rate = {asked.at("schedule") == "cosine"   ? training::Schedule::cosine
                  : asked.at("schedule") == "linear" ? training::Schedule::linear
                                                     : training::Schedule::constant,
                  asked.at("rate"), asked.at("warmup"), asked.at("total")};
  options.weight_decay = asked.at("weight_decay");
  options.clip_norm = asked.at("clip");
  options.reduction = asked.at("reduction") == "sample" ? training::LossReduction::sample
                                                        : training::LossReduction::token;
  options.micro_batch_tokens = asked.at("micro_tokens");
  options.is_bf16 = asked.at("bf16");
  options.checkpointing = asked.at("checkpointing");
  options.neftune_alpha = asked.at("alpha");
  options.neftune_length = asked.at("padded").get<bool>() ? training::NeftuneLength::padded
                                                          : training::NeftuneLength::real;
  if (asked.contains("lora"))
    options.lora = {asked["lora"].at("rank"), asked["lora"].at("alpha"),
                    asked["lora"].at("targets").get<std::vector<std::string>>()};
  if (asked.contains("beta")) options.dpo_beta = asked["beta"];
  options.deterministic = asked.value("deterministic", true);
  const model::ModelInfo info{config.architecture,    0,
                              config.vocabulary_size, config.hidden_size,
                              config.max_positions,   folder};
  training::Trainer trainer(
      world, config, info,
      model::load_decoder_weights(config, files, model::Arithmetic::fp32, at::kCPU), options);
  if (options.dpo_beta) {
    Json references = Json::array();
    const std::vector<training::PairLogProbs> found = trainer.log_probs(rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i].rejected->reference = found[i];
      references.push_back({found[i].chosen, found[i].rejected});
    }
    if (world.is_root()) std::cout << references.dump() << '\n';
  }
  for (const Json& places : asked.at("steps")) {
    const auto batch = places.get<std::vector<std::uint64_t>>();
    const auto report = trainer.step(rows, training::epoch_steps(batch, batch.size()).front(), 0);
    if (!world.is_root()) continue;
    Json line{{"step", report.step},
              {"loss", report.loss},
              {"rate", report.learning_rate},
              {"norm", report.gradient_norm},
              {"tokens", report.tokens}};
    if (const auto& sums = report.preference) {
      line["chosen_reward"] = sums->chosen_reward;
      line["rejected_reward"] = sums->rejected_reward;
      line["preferred"] = sums->preferred;
    }
    std::cout << line.dump() << std::endl;  // Benchmarks take its time.
  }
  if (!world.is_root()) return 0;
  std::ofstream weights(out, std::ios::binary);
  Json names = Json::array();
  const training::Parameters& parameters = trainer.parameters();
  const bool are_merged = !options.lora || asked["lora"].at("merged");
  const auto tensors = are_merged
                           ? training::named_tensors(config, training::merged_weights(parameters))
                           : training::adapter_tensors(config, parameters);
  for (const training::NamedTensor& tensor : tensors) {
    const at::Tensor flat = tensor.values.contiguous();
    names.push_back({tensor.name, tensor.values.sizes().vec()});
    weights.write(reinterpret_cast<const char*>(flat.const_data_ptr<float>()),
                  static_cast<std::streamsize>(flat.numel()) * 4);
  }
  std::cout << names.dump() << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const mpi::Environment environment(argc, argv);
  return run(mpi::Communicator::world(), Json::parse(std::ifstream(argv[1])), argv[2], argv[3]);
}
