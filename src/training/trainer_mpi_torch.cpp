#include "training/trainer_mpi_torch.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <utility>

#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "training/lora_parameters_torch.hpp"
#include "training/micro_batches.hpp"
#include "training/neftune.hpp"
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
      update_(make_weight_update(communicator, parameters_, options)) {}

StepReport Trainer::step(std::span<const TrainingRow> rows, const StepRows& batch,
                         std::uint64_t epoch) {
  StepReport report;
  for (const auto& places : batch.shards)
    for (const std::uint64_t place : places) {
      ++report.rows;
      report.tokens += rows[place].token_count();
      report.targets += rows[place].target_count();
    }
  std::vector<PreferenceSums> own;
  mpi::agree_on(communicator_, [&] {
    std::exception_ptr failure;
    try {
      own = run_passes(rows, batch, {report.rows, report.targets, epoch});
    } catch (...) {
      failure = std::current_exception();
    }
    update_->end_passes();  // Others wait for this rank's gradients.
    if (failure) std::rethrow_exception(failure);
  });
  PreferenceSums all;
  for (const PreferenceSums& of_shard :
       mpi::all_gather(communicator_, std::span<const PreferenceSums>(own)).values)
    all += of_shard;
  report.loss = all.loss;
  if (options_.dpo_beta) {
    report.loss /= static_cast<double>(report.rows);
    report.preference = all;
  }
  report.step = update_->steps() + 1;
  report.learning_rate = options_.rate.at(update_->steps());
  report.gradient_norm =
      update_->step({report.learning_rate, options_.weight_decay, options_.clip_norm}).norm;
  return report;
}

std::vector<PreferenceSums> Trainer::run_passes(std::span<const TrainingRow> rows,
                                                const StepRows& batch, const BatchCounts& counts) {
  const ShardRange mine = shards_of(static_cast<std::size_t>(communicator_.rank()),
                                    static_cast<std::size_t>(communicator_.size()));
  std::size_t last = mine.end;
  for (std::size_t index = mine.begin; index < mine.end; ++index)
    if (!batch.shards[index].empty()) last = index;
  std::vector<PreferenceSums> sums;
  for (std::size_t index = mine.begin; index < mine.end; ++index) {
    std::vector<const TrainingRow*> of_shard;
    for (const std::uint64_t place : batch.shards[index]) of_shard.push_back(&rows[place]);
    if (update_->begin_shard(!of_shard.empty()) && !of_shard.empty()) decoder_.begin_gradients();
    PreferenceSums& sum = sums.emplace_back();
    const auto passes = micro_batches(of_shard, options_);
    for (const auto& pass : passes) {
      const bool is_last = index == last && pass.data() == passes.back().data();
      sum += micro_batch(
          pass, counts,
          is_last ? [this](std::int64_t begin) { update_->take_from(begin); } : WholeFrom());
    }
    update_->end_shard(index);
  }
  return sums;
}

PreferenceSums Trainer::micro_batch(std::span<const TrainingRow* const> rows,
                                    const BatchCounts& counts, const WholeFrom& whole) {
  try {
    if (options_.dpo_beta) return preferences_.learn(rows, counts.rows, whole);
    return {.loss = learn(rows, counts, whole)};
  } catch (const core::ModelError& error) {
    throw core::ModelError(fmt::format("step {}: {}", update_->steps() + 1, error.what()));
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

double Trainer::learn(std::span<const TrainingRow* const> rows, const BatchCounts& counts,
                      const WholeFrom& whole) {
  std::vector<model::Segment> segments;
  std::vector<float> weights;
  for (const TrainingRow* row : rows) {
    const std::uint32_t first = row->targets.front().begin;
    const std::uint32_t end = row->targets.back().end;
    segments.push_back({row->ids, first, end});
    const double weight =
        options_.reduction == LossReduction::token
            ? 1.0 / static_cast<double>(counts.targets)
            : 1.0 / (static_cast<double>(counts.rows) * static_cast<double>(row->target_count()));
    const std::size_t base = weights.size();
    weights.resize(base + end - first);
    for (const TokenRange& range : row->targets)
      std::fill_n(weights.begin() + static_cast<std::ptrdiff_t>(base + range.begin - first),
                  range.size(), static_cast<float>(weight));
  }
  const model::PackedBatch batch = model::pack(segments, info_, 0, model::Sharing::none);
  const auto pass = decoder_.forward(batch, noise(batch, rows, counts.epoch));
  const at::Tensor predictors = model::index_tensor(batch.predictors, pass.hidden.device());
  const WeightedLoss loss =
      weighted_loss(pass.hidden.detach().index_select(0, predictors), parameters_.weights.head,
                    parameters_.gradient.head, decoder_.config().logit_cap, batch.targets, weights,
                    options_.is_bf16 ? model::Rounding::bf16 : model::Rounding::none);
  const at::Tensor back = at::zeros_like(pass.hidden);
  back.index_add_(0, predictors, loss.hidden_gradient);
  decoder_.backward(batch, pass, back, whole);
  double sum = 0;
  for (std::size_t i = 0; i < loss.losses.size(); ++i) {
    if (weights[i] == 0) continue;
    if (!std::isfinite(loss.losses[i]))
      throw core::ModelError(
          fmt::format("row {}: the loss is not finite", rows[batch.owners[i]]->row));
    sum += static_cast<double>(loss.losses[i]) * static_cast<double>(weights[i]);
  }
  return sum;
}

}  // namespace winnow::training
