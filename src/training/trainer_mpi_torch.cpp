#include "training/trainer_mpi_torch.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <ATen/ops/empty_like.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>

#include "core/error.hpp"
#include "core/freed_memory.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "training/lora_parameters_torch.hpp"
#include "training/neftune.hpp"
#include "training/resume_state_mpi.hpp"
#include "training/weighted_loss_torch.hpp"

namespace winnow::training {
namespace {

std::span<float> values_of(const at::Tensor& flat) {
  return {flat.mutable_data_ptr<float>(), static_cast<std::size_t>(flat.numel())};
}

Parameters parameters_of(const model::DecoderConfig& config, const model::DecoderWeights& weights,
                         const TrainingOptions& options) {
  return options.lora
             ? lora_parameters(config, weights, *options.lora, options.seed, options.is_bf16)
             : flat_parameters(config, weights);
}

}  // namespace

Trainer::Trainer(const mpi::Communicator& communicator, const model::DecoderConfig& config,
                 const model::ModelInfo& info, const model::DecoderWeights& weights,
                 const TrainingOptions& options)
    : communicator_(communicator),
      info_(info),
      options_(options),
      parameters_(parameters_of(config, weights, options)),
      decoder_(config, parameters_, options.is_bf16 ? model::Rounding::bf16 : model::Rounding::none,
               options.checkpointing),
      preferences_(decoder_, parameters_, info_, options_),
      optimizer_(communicator, values_of(parameters_.values.cpu()), parameters_.ranges,
                 options.adamw),
      host_weights_(parameters_.values.is_cpu() ? parameters_.values
                                                : at::empty_like(parameters_.values, at::kCPU)) {
  if (parameters_.values.is_cpu()) core::keep_freed_memory();
  take_weights([](std::span<float>) {});
}

void Trainer::take_weights(const std::function<void(std::span<float>)>& change) {
  change(values_of(host_weights_));
  if (!parameters_.values.is_cpu()) parameters_.values.copy_(host_weights_);
  if (options_.is_bf16) parameters_.values.copy_(parameters_.values.to(at::kBFloat16));
}

void Trainer::resume(const std::filesystem::path& folder, const std::string& made_from) {
  take_weights([&](std::span<float> weights) {
    read_resume_state(communicator_, optimizer_, folder, made_from, weights);
  });
}

StepReport Trainer::step(std::span<const TrainingRow> rows, const StepRows& batch,
                         std::uint64_t epoch) {
  StepReport report;
  for (const auto& places : batch.shards)
    for (const std::uint64_t place : places) {
      ++report.rows;
      report.tokens += rows[place].token_count();
      report.targets += rows[place].target_count();
    }
  GradientSum sum;
  std::array<PreferenceSums, kShards> shards{};  // Of rows that are no pairs the loss alone.
  const ShardRange mine = shards_of(static_cast<std::size_t>(communicator_.rank()),
                                    static_cast<std::size_t>(communicator_.size()));
  mpi::agree_on(communicator_, [&] {
    for (std::size_t index = mine.begin; index < mine.end; ++index) {
      const std::span<float> memory = free_memory(sum);
      const bool is_on_cpu = parameters_.gradients.is_cpu();
      if (is_on_cpu) parameters_.gradients.storage().set_data_ptr_noswap({memory.data(), at::kCPU});
      if (batch.shards[index].empty())
        parameters_.gradients.zero_();
      else
        decoder_.begin_gradients();
      if (options_.dpo_beta)
        shards[index] = shard_of_pairs(rows, batch.shards[index], report.rows);
      else
        shards[index].loss = shard(rows, batch.shards[index], report.rows, report.targets, epoch);
      if (!is_on_cpu)
        at::from_blob(memory.data(), parameters_.gradients.sizes(), at::kFloat)
            .copy_(parameters_.gradients);
      sum.add({index, index + 1}, memory);
    }
  });
  PreferenceSums all;
  for (const PreferenceSums& of_shard :
       mpi::all_gather(communicator_, std::span<const PreferenceSums>(shards).subspan(
                                          mine.begin, mine.end - mine.begin))
           .values)
    all += of_shard;
  report.loss = all.loss;
  if (options_.dpo_beta) {
    report.loss /= static_cast<double>(report.rows);
    report.preference = all;
  }
  report.step = optimizer_.steps() + 1;
  report.learning_rate = options_.rate.at(optimizer_.steps());
  take_weights([&](std::span<float> weights) {
    report.gradient_norm =
        optimizer_
            .step(sum, {report.learning_rate, options_.weight_decay, options_.clip_norm}, weights)
            .norm;
  });
  return report;
}

std::span<float> Trainer::free_memory(const GradientSum& sum) {
  const auto is_free = [&](const std::unique_ptr<float[]>& memory) {
    return std::ranges::none_of(
        sum.nodes(), [&](const auto& node) { return node.second.data() == memory.get(); });
  };
  const auto size = static_cast<std::size_t>(parameters_.gradients.numel());
  auto found = std::ranges::find_if(gradient_memory_, is_free);
  if (found == gradient_memory_.end())
    found = gradient_memory_.insert(found, std::make_unique_for_overwrite<float[]>(size));
  return {found->get(), size};
}

double Trainer::shard(std::span<const TrainingRow> rows, std::span<const std::uint64_t> places,
                      std::uint64_t batch_rows, std::uint64_t batch_targets, std::uint64_t epoch) {
  double loss = 0;
  std::vector<const TrainingRow*> micro;
  std::size_t tokens = 0;
  for (const std::uint64_t place : places) {
    const TrainingRow& row = rows[place];
    const bool is_full = options_.micro_batch_rows > 0
                             ? micro.size() == options_.micro_batch_rows
                             : tokens + row.ids.size() > options_.micro_batch_tokens;
    if (!micro.empty() && is_full) {
      loss += micro_batch(micro, batch_rows, batch_targets, epoch);
      micro.clear();
      tokens = 0;
    }
    micro.push_back(&row);
    tokens += row.ids.size();
  }
  if (!micro.empty()) loss += micro_batch(micro, batch_rows, batch_targets, epoch);
  return loss;
}

PreferenceSums Trainer::shard_of_pairs(std::span<const TrainingRow> rows,
                                       std::span<const std::uint64_t> places,
                                       std::uint64_t batch_pairs) {
  std::vector<const TrainingRow*> pairs;
  for (const std::uint64_t place : places) pairs.push_back(&rows[place]);
  try {
    return preferences_.learn(pairs, batch_pairs);
  } catch (const core::ModelError& error) {
    throw core::ModelError(fmt::format("step {}: {}", optimizer_.steps() + 1, error.what()));
  }
}

at::Tensor Trainer::noise(const model::PackedBatch& batch, std::span<const TrainingRow* const> rows,
                          std::uint64_t epoch) const {
  if (options_.neftune_alpha == 0) return {};
  const std::int64_t width = info_.hidden_size;
  std::size_t longest = 0;
  for (const TrainingRow* row : rows) longest = std::max(longest, row->ids.size());
  const at::Tensor noise =
      at::zeros({static_cast<std::int64_t>(batch.ids.size()), width}, at::kFloat);
  const std::span<float> values = values_of(noise);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t length =
        options_.neftune_length == NeftuneLength::real ? rows[i]->ids.size() : longest;
    const auto& segment = batch.segments[i];
    neftune_noise(neftune_magnitude(options_.neftune_alpha, length, info_.hidden_size),
                  options_.seed, epoch, rows[i]->row,
                  values.subspan(static_cast<std::size_t>(segment.begin * width),
                                 static_cast<std::size_t>(segment.length * width)));
  }
  return noise.to(parameters_.values.device());
}

double Trainer::micro_batch(std::span<const TrainingRow* const> rows, std::uint64_t batch_rows,
                            std::uint64_t batch_targets, std::uint64_t epoch) {
  std::vector<model::Segment> segments;
  std::vector<float> weights;
  for (const TrainingRow* row : rows) {
    const std::uint32_t first = row->targets.front().begin;
    const std::uint32_t end = row->targets.back().end;
    segments.push_back({row->ids, first, end});
    const double weight =
        options_.reduction == LossReduction::token
            ? 1.0 / static_cast<double>(batch_targets)
            : 1.0 / (static_cast<double>(batch_rows) * static_cast<double>(row->target_count()));
    const std::size_t base = weights.size();
    weights.resize(base + end - first);
    for (const TokenRange& range : row->targets)
      std::fill_n(weights.begin() + static_cast<std::ptrdiff_t>(base + range.begin - first),
                  range.size(), static_cast<float>(weight));
  }
  const model::PackedBatch batch = model::pack(segments, info_, 0, model::Sharing::none);
  const auto pass = decoder_.forward(batch, noise(batch, rows, epoch));
  const at::Tensor predictors = model::index_tensor(batch.predictors, pass.hidden.device());
  const WeightedLoss loss =
      weighted_loss(pass.hidden.detach().index_select(0, predictors), parameters_.weights.head,
                    parameters_.gradient.head, decoder_.config().logit_cap, batch.targets, weights,
                    options_.is_bf16 ? model::Rounding::bf16 : model::Rounding::none);
  const at::Tensor back = at::zeros_like(pass.hidden);
  back.index_add_(0, predictors, loss.hidden_gradient);
  decoder_.backward(batch, pass, back);
  double sum = 0;
  for (std::size_t i = 0; i < loss.losses.size(); ++i) {
    if (weights[i] == 0) continue;
    if (!std::isfinite(loss.losses[i]))
      throw core::ModelError(fmt::format("step {}: row {}: the loss is not finite",
                                         optimizer_.steps() + 1, rows[batch.owners[i]]->row));
    sum += static_cast<double>(loss.losses[i]) * static_cast<double>(weights[i]);
  }
  return sum;
}

}  // namespace winnow::training
