// gradients_of_ids MODEL PRECISION CHECKPOINTING < rows.jsonl > gradients.safetensors-like
// A line is {"ids": [...], "first": first target, "end": one past the last}. One packed batch; the
// loss is the mean over all targets. Prints the loss, then for each tensor of the model a line of
// JSON: {"name": ..., "shape": [...], "gradient": [...]}.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "model/model_config.hpp"
#include "model/packed_batch.hpp"
#include "model/weight_files.hpp"
#include "training/parameters_torch.hpp"
#include "training/trainable_decoder_torch.hpp"
#include "training/weighted_loss_torch.hpp"

namespace {

using namespace winnow;

struct Row {
  std::vector<std::int32_t> ids;
  std::uint32_t first, end;
};

int run(const std::string& folder, bool checkpointing) {
  std::vector<Row> rows;
  for (std::string line; std::getline(std::cin, line);) {
    const auto json = nlohmann::json::parse(line);
    rows.push_back({json.at("ids").get<std::vector<std::int32_t>>(),
                    json.at("first").get<std::uint32_t>(), json.at("end").get<std::uint32_t>()});
  }
  const model::DecoderConfig config = model::read_decoder_config(folder);
  const auto files = std::make_shared<model::WeightFiles>(folder);
  training::Parameters parameters = training::flat_parameters(
      config, model::load_decoder_weights(config, files, model::Arithmetic::fp32, at::kCPU));
  training::TrainableDecoder decoder(config, parameters, model::Rounding::none, checkpointing);
  decoder.begin_gradients();
  std::vector<model::Segment> segments;
  for (const Row& row : rows) segments.push_back({row.ids, row.first, row.end});
  const model::ModelInfo info{config.architecture,    0,
                              config.vocabulary_size, config.hidden_size,
                              config.max_positions,   folder};
  const model::PackedBatch batch = model::pack(segments, info, 0, model::Sharing::none);
  const auto pass = decoder.forward(batch, {});
  const std::vector<float> weights(batch.targets.size(),
                                   1.0F / static_cast<float>(batch.targets.size()));
  const at::Tensor hidden =
      pass.hidden.detach().index_select(0, model::index_tensor(batch.predictors, at::kCPU));
  const auto loss =
      training::weighted_loss(hidden, parameters.weights.head, parameters.gradient.head,
                              config.logit_cap, batch.targets, weights, model::Rounding::none);
  at::Tensor back = at::zeros_like(pass.hidden);
  back.index_add_(0, model::index_tensor(batch.predictors, at::kCPU), loss.hidden_gradient);
  decoder.backward(batch, pass, back);
  double sum = 0;
  for (std::size_t i = 0; i < loss.losses.size(); ++i)
    sum += static_cast<double>(loss.losses[i]) * static_cast<double>(weights[i]);
  std::cout << fmt::format("{:.9g}\n", sum);
  model::DecoderConfig of_gradients = config;
  of_gradients.norm_weights_from_one = false;
  const auto gradients = training::named_tensors(of_gradients, parameters.gradient);
  for (const auto& [name, tensor, added] : gradients) {
    const at::Tensor flat = tensor.contiguous();
    std::cout << nlohmann::json{{"name", name},
                                {"shape", tensor.sizes().vec()},
                                {"gradient",
                                 std::vector<float>(flat.const_data_ptr<float>(),
                                                    flat.const_data_ptr<float>() + flat.numel())}}
                     .dump()
              << '\n';
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  return run(argv[1], std::string(argv[2]) == "checkpointing");
}
