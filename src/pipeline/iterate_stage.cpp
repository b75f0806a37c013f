#include "pipeline/iterate_stage.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/epoch_selection.hpp"
#include "pipeline/finetune_plan.hpp"
#include "pipeline/finetune_results.hpp"
#include "pipeline/finetune_stage.hpp"
#include "pipeline/step_parameters.hpp"
#include "pipeline/steps_log.hpp"
#include "pipeline/torchrun_epochs.hpp"
#include "pipeline/training_run.hpp"
#include "selection/pool_order.hpp"
#include "store/selection_file.hpp"

namespace winnow::pipeline {
namespace {

using Json = nlohmann::ordered_json;
using Rows = std::vector<core::RowId>;

std::uint64_t pool_size(double update_ratio, std::uint64_t budget, std::uint64_t rows) {
  if (update_ratio <= 1) return rows;
  return std::min(rows, static_cast<std::uint64_t>(static_cast<double>(budget) * update_ratio));
}

/// What is learnt in an epoch.
struct EpochRows {
  std::vector<training::TrainingRow> rows;
  std::vector<training::StepRows> batches;
};

std::unique_ptr<EpochTraining> open_training(Context& context, const TrainingSetup& setup,
                                             std::uint64_t steps) {
  if (context.job.finetune->engine == FinetuneEngine::torchrun)
    return std::make_unique<TorchrunEpochs>(context, setup, steps);
  return std::make_unique<TrainingRun>(context, setup, steps);
}

/// The loop in one run folder.
class Iteration {
 public:
  Iteration(Context& context, Json& manifest, const IndexedData& data,
            const SelectionJob& selection, const Reselection& reselection,
            const TrainingSetup& setup, Rows first)
      : context_(context),
        manifest_(manifest),
        data_(data),
        selection_(selection),
        is_faithful_(selection.steps.back().faithful),
        setup_(setup),
        pool_(data.rows),
        budget_(first.size()),
        next_pool_(pool_size(reselection.update_ratio, first.size(), data.rows)),
        picks_(std::move(first)),
        order_(data.rows) {
    std::iota(order_.begin(), order_.end(), core::RowId{0});
    scores_ = mpi::agree_on(context.communicator, [&] {
      return scores_of(context.folder, context.job, selection, data.rows);
    });
  }

  void run() {
    const FinetuneJob& job = *context_.job.finetune;
    const std::uint64_t steps = FinetunePlan(job, budget_).steps();
    const std::unique_ptr<EpochTraining> training = open_training(context_, setup_, steps);
    std::uint64_t before = 0;
    for (std::uint64_t epoch = 0; epoch < job.epochs; ++epoch) {
      if (epoch > 0) select(*training, epoch, before);
      const EpochRows rows = learn(epoch);
      training->run_epoch(rows.rows, rows.batches, epoch, before);
      before += rows.batches.size();
    }
  }

 private:
  void select(EpochTraining& training, std::uint64_t epoch, std::uint64_t before) {
    order_ = selection::order_behind_selection(order_, pool_, picks_, scores_, is_faithful_);
    pool_ = std::min<std::uint64_t>(next_pool_, order_.size());
    Rows pool(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(pool_));
    // Of rows with equal gains the first of the pool is picked.
    if (!is_faithful_) std::ranges::sort(pool);
    const LiveModel live{fmt::format("{}, {} steps", setup_.key, before),
                         [&] { return training.model_behind(epoch, before); }};
    EpochSelection selected = select_from_pool(context_, manifest_["epochs"][std::to_string(epoch)],
                                               data_, selection_, epoch, pool, budget_, live);
    for (std::size_t i = 0; i < pool.size(); ++i) scores_[pool[i]] = selected.score[i];
    picks_ = std::move(selected.picks);
  }

  /// Faithful: rows that fill no batch go into the next epoch's first.
  EpochRows learn(std::uint64_t epoch) {
    const FinetuneJob& job = *context_.job.finetune;
    TrainingRows rows = training_rows(context_, data_, picks_, setup_.writing.tokenizer,
                                      *setup_.writing.prompt, setup_.writing.options);
    mpi::agree_on(context_.communicator, [&] { expect_batches(job, rows); });
    if (!is_faithful_) {
      auto batches = FinetunePlan(job, rows.rows.size()).batches(epoch);
      return {std::move(rows.rows), std::move(batches)};
    }
    EpochRows learnt{std::move(carried_), {}};
    std::vector<std::uint64_t> places(rows.rows.size());
    std::iota(places.begin(), places.end(), std::uint64_t{0});
    if (job.shuffle)  // The same places in every epoch.
      places = training::shuffled_places(places.size(), job.options.seed, 0);
    for (const std::uint64_t place : places) learnt.rows.push_back(rows.rows[place]);
    places.resize(learnt.rows.size() / job.batch * job.batch);
    std::iota(places.begin(), places.end(), std::uint64_t{0});
    learnt.batches = training::epoch_steps(places, job.batch);
    carried_.assign(learnt.rows.begin() + static_cast<std::ptrdiff_t>(places.size()),
                    learnt.rows.end());
    return learnt;
  }

  Context& context_;
  Json& manifest_;
  const IndexedData& data_;
  const SelectionJob& selection_;
  bool is_faithful_;
  const TrainingSetup& setup_;
  std::uint64_t pool_;  ///< of the epoch: the first rows of order_
  std::uint64_t budget_;
  std::uint64_t next_pool_;
  Rows picks_;
  Rows order_;
  std::vector<double> scores_;  ///< [rows] the newest of each, NaN: none
  std::vector<training::TrainingRow> carried_;
};

/// Sums of the lines of a log by epoch.
struct Cost {
  std::uint64_t tokens = 0;
  double seconds = 0;
};
std::map<std::uint64_t, Cost> costs_of(const std::filesystem::path& log) {
  std::map<std::uint64_t, Cost> costs;
  std::ifstream file(log);
  for (std::string line; std::getline(file, line);) {
    const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) continue;
    Cost& cost = costs[json.value("epoch", std::uint64_t{0})];
    cost.tokens += json.value("tokens", std::uint64_t{0});
    cost.seconds += json.value("seconds", 0.0);
  }
  return costs;
}

/// Root only. What the epochs took, picked and cost, from what they left.
Json summary_of(const Context& context) {
  const auto training = costs_of(context.folder.steps_log());
  const auto scoring = costs_of(context.folder.rescoring_log());
  Json epochs = Json::array();
  std::vector<Rows> picks;
  Cost all_training, all_scoring;
  for (std::uint64_t epoch = 0; epoch < context.job.finetune->epochs; ++epoch) {
    const RunFolder folder = context.folder.epoch(epoch);
    Json entry{{"epoch", epoch}};
    Rows rows = store::read_selection(folder.path() / "selection.h5").row;
    entry["selected"] = rows.size();
    if (epoch > 0) entry["pool"] = store::read_selection(folder.path() / "pool.h5").row.size();
    std::ranges::sort(rows);
    entry["overlap"] = Json::array();
    std::set<core::RowId> seen;
    for (const Rows& before : picks) {
      Rows common;
      std::ranges::set_intersection(rows, before, std::back_inserter(common));
      entry["overlap"].push_back(common.size());
      seen.insert(before.begin(), before.end());
    }
    entry["never_selected_before"] =
        std::ranges::count_if(rows, [&](core::RowId row) { return !seen.contains(row); });
    picks.push_back(std::move(rows));
    if (const auto cost = training.find(epoch + 1); cost != training.end()) {
      entry["tokens_trained"] = cost->second.tokens;
      entry["training_seconds"] = cost->second.seconds;
      all_training.tokens += cost->second.tokens;
      all_training.seconds += cost->second.seconds;
    }
    if (const auto cost = scoring.find(epoch); cost != scoring.end()) {
      entry["tokens_scored"] = cost->second.tokens;
      entry["rescoring_seconds"] = cost->second.seconds;
      all_scoring.tokens += cost->second.tokens;
      all_scoring.seconds += cost->second.seconds;
    }
    epochs.push_back(std::move(entry));
  }
  Json summary{{"epochs", epochs}, {"tokens_scored_anew", all_scoring.tokens}};
  summary["rescoring_seconds"] = all_scoring.seconds;
  if (all_training.seconds > 0)
    summary["rescoring_share_of_training"] = all_scoring.seconds / all_training.seconds;
  return summary;
}

}  // namespace

const SelectionJob& reselected(const Job& job) {
  const FinetuneJob& finetune = job.finetune.value();
  const auto found = std::ranges::find(job.selections, finetune.selection, &SelectionJob::name);
  if (found == job.selections.end())
    throw core::UsageError(
        "finetune: `iterate` selects before each epoch, and the job has no selection: expected "
        "select: { method: iterit, budget: 5% }");
  if (finetune.options.dpo_beta)
    throw core::UsageError(
        "finetune.objective: not supported: the scores that `iterate` selects by are not of pairs: "
        "expected sft, found dpo");
  const SelectionStep& step = found->steps.back();
  const auto refuse = [&](const std::string& why) {
    throw core::UsageError(
        fmt::format("{}: `iterate` selects anew between epochs: {}", found->place, why));
  };
  if (found->steps.size() > 1) refuse("expected one step, found a chain");
  if (step.method != "iterit" && step.method != "ifd")
    refuse(fmt::format("expected method: iterit or ifd, found {}", step.method));
  for (const std::string& name : scorers_of(job, step)) {
    const auto scorer = std::ranges::find(job.scorers, name, &Scorer::name);
    if (scorer == job.scorers.end() || !scorer->model || scorer->model->path != finetune.model.path)
      refuse(fmt::format("its scores come from '{}', expected the model that is trained ({})", name,
                         finetune.model.path.string()));
  }
  return *found;
}

TrainingSetup set_up_iteration(Context& context, Json& manifest, const IndexedData& data,
                               std::span<const core::RowId> first) {
  const SelectionJob& selection = reselected(context.job);
  return set_up_training(
      context, manifest, data, first,
      {{"strategy", "iterative"},
       {"update_ratio", selection.reselection.value_or(Reselection{}).update_ratio},
       {"faithful", selection.steps.back().faithful}});
}

void iterate(Context& context, Json& manifest, const IndexedData& data) {
  const SelectionJob& selection = reselected(context.job);
  const Reselection reselection = selection.reselection.value_or(Reselection{});
  if (reselection.once) return finetune(context, manifest, data);
  const StageTimer timer(context, "iterate");
  const mpi::Communicator& ranks = context.communicator;
  Rows first = rows_to_learn(context, data);
  const TrainingSetup setup = set_up_iteration(context, manifest, data, first);
  const FinetuneResults results(*context.job.finetune, setup.checkpoints);
  Json& summary = context.summary["iterate"];
  if (!ask_root(ranks, [&] { return results.are_sealed(setup.key); })) {
    publish_first_epoch(context, data, selection);
    Iteration(context, manifest, data, selection, reselection, setup, std::move(first)).run();
  }
  mpi::agree_on(ranks, [&] {
    if (!ranks.is_root()) return;
    setup.checkpoints.drop_resume_states(0);
    summary = summary_of(context);
    summary["strategy"] = "iterative";
    summary["update_ratio"] = reselection.update_ratio;
    summary["checkpoint"] = results.main().string();
    if (const auto loss = total_of(context.folder.steps_log()).last_loss)
      summary["last_loss"] = *loss;
  });
}

}  // namespace winnow::pipeline
