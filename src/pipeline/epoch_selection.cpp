#include "pipeline/epoch_selection.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <limits>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "data/subset_writer.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/candidates.hpp"
#include "pipeline/made_from.hpp"
#include "pipeline/method.hpp"
#include "pipeline/numbers.hpp"
#include "pipeline/row_source.hpp"
#include "pipeline/seal_stage.hpp"
#include "pipeline/select_stage.hpp"
#include "pipeline/selection_summary.hpp"
#include "pipeline/step_parameters.hpp"
#include "pipeline/version.hpp"
#include "selection/iterit.hpp"
#include "store/selection_file.hpp"

namespace winnow::pipeline {
namespace {

namespace fs = std::filesystem;

fs::path pool_file(const RunFolder& folder) { return folder.path() / "pool.h5"; }
fs::path published_selection(const RunFolder& folder) { return folder.path() / "selection.h5"; }

fs::path pool_texts(const RunFolder& folder, const IndexedData& data) {
  return folder.path() / fmt::format("pool{}", data::file_extension(data.data_set.layout));
}

fs::path published_subset(const RunFolder& folder, const IndexedData& data) {
  return folder.path() / fmt::format("subset{}", data::file_extension(data.data_set.layout));
}

std::string pool_key(const IndexedData& data, std::span<const core::RowId> pool) {
  return core::to_hex(core::hash128(
      data.key + std::string(reinterpret_cast<const char*>(pool.data()), pool.size_bytes())));
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw core::EnvironmentError(
        fmt::format("{}: cannot create the folder: {}", folder.string(), error.message()));
}

/// Root only. The pool as a data set of its own: its rows' bytes, and which rows they are.
void write_pool(const Context& context, const IndexedData& data, const RunFolder& folder,
                std::span<const core::RowId> pool) {
  const std::string key = pool_key(data, pool);
  if (fs::exists(pool_file(folder)) && fs::exists(pool_texts(folder, data)) &&
      made_from(store::read_selection(pool_file(folder)).attributes) == key)
    return;
  RowSource source(context.folder, data.data_set);
  data::SubsetWriter texts(pool_texts(folder, data), data.data_set.layout);
  source.for_each_bytes(pool, [&](std::string_view bytes) { texts.add(bytes); });
  texts.publish();
  store::SelectionInfo info;
  info.method = "pool";
  info.budget_asked = std::to_string(pool.size());
  info.budget_rows = info.eligible = pool.size();
  info.rows = data.rows;
  info.code_version = kVersion;
  info.more = {{kMadeFrom, key}};
  store::write_selection(pool_file(folder), info, {pool, {}, {}, {}, {}});
}

/// The job of an epoch: the pool is its data, one scorer and one selection are left of it.
Job job_of_pool(const Job& job, const IndexedData& data, const RunFolder& folder,
                const SelectionJob& selection, std::uint64_t budget) {
  Job own = job;
  own.run_folder = folder.path();
  own.data.paths = {pool_texts(folder, data).string()};
  own.finetune.reset();
  own.generation.reset();
  own.tfidf.dump = false;
  own.selections = {selection};
  own.selections.front().steps.back().budget = std::to_string(budget);
  const auto scorers = scorers_of(job, selection.steps.back());
  std::erase_if(own.scorers, [&](const Scorer& scorer) {
    return std::ranges::find(scorers, scorer.name) == scorers.end();
  });
  return own;
}

/// Root only. The selection under the data set's own rows, the subset beside it.
void publish(const RunFolder& folder, const IndexedData& data, const IndexedData& pool_data,
             const Context& own, const SelectionJob& selection, std::span<const core::RowId> pool) {
  const store::Selection picked = store::read_selection(folder.selection(selection.name));
  const fs::path target = published_selection(folder);
  if (fs::exists(target) &&
      made_from(store::read_selection(target).attributes) == made_from(picked.attributes))
    return;
  std::vector<core::RowId> rows;
  for (const core::RowId place : picked.row) rows.push_back(pool[place]);
  core::write_file(published_subset(folder, data),
                   core::read_file(subset_path(own, pool_data, selection),
                                   std::numeric_limits<std::uint64_t>::max()));
  store::write_renumbered(target, picked, rows, data.rows);
}

/// Root only. What scoring anew cost; the times of a run that was stopped in between are lost.
void note_cost(const RunFolder& folder, std::uint64_t epoch, std::uint64_t rows,
               const nlohmann::ordered_json& scorer, double seconds) {
  if (!scorer.contains("tokens_scored")) return;
  const nlohmann::ordered_json line = {{"epoch", epoch},
                                       {"rows", rows},
                                       {"tokens", scorer.at("tokens_scored")},
                                       {"seconds", seconds}};
  std::ofstream(folder.rescoring_log(), std::ios::app) << line.dump() + "\n";
}

}  // namespace

std::vector<double> scores_of(const RunFolder& folder, const Job& job,
                              const SelectionJob& selection, std::uint64_t rows) {
  const SelectionStep& step = selection.steps.back();
  const NumberNames names(job, step.scorer);
  const Numbers numbers =
      read_numbers(folder, names.find(step.place, score_of(job, step)), {0, rows});
  std::vector<double> scores(rows, std::numeric_limits<double>::quiet_NaN());
  for (std::uint64_t row = 0; row < rows; ++row)
    if (numbers.status[row] == core::ScoreStatus::ok)
      scores[row] =
          rounds_to_bf16(step) ? selection::round_to_bf16(numbers.value[row]) : numbers.value[row];
  return scores;
}

EpochSelection select_from_pool(Context& context, nlohmann::ordered_json& noted,
                                const IndexedData& data, const SelectionJob& selection,
                                std::uint64_t epoch, std::span<const core::RowId> pool,
                                std::uint64_t budget, const LiveModel& live) {
  const mpi::Communicator& ranks = context.communicator;
  const RunFolder folder = context.folder.epoch(epoch);
  const auto begin = std::chrono::steady_clock::now();
  mpi::agree_on(ranks, [&] {
    if (!ranks.is_root()) return;
    make_folder(folder.log_folder());
    write_pool(context, data, folder, pool);
  });
  const Job job = job_of_pool(context.job, data, folder, selection, budget);
  nlohmann::ordered_json summary{{"timings", nlohmann::ordered_json::object()}};
  Context own{
      ranks,  job, folder, context.log, context.threads, context.profile, context.stop_requested,
      summary};
  if (!noted.contains("inputs")) noted["inputs"] = nlohmann::ordered_json::array();
  const IndexedData pool_data = index_rows(own, noted);
  const JournalledScorer scored =
      score_with_model(own, noted, pool_data, job.scorers.front(), &live);
  seal(own, pool_data, {scored});
  select_rows(own, pool_data);
  mpi::agree_on(ranks, [&] {
    if (!ranks.is_root()) return;
    publish(folder, data, pool_data, own, job.selections.front(), pool);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    note_cost(context.folder, epoch, pool.size(), summary["scorers"][scored.name], took.count());
  });
  return mpi::agree_on(ranks, [&] {
    EpochSelection result;
    result.picks = store::read_selection(published_selection(folder)).row;
    result.score = scores_of(folder, job, job.selections.front(), pool_data.rows);
    return result;
  });
}

void publish_first_epoch(const Context& context, const IndexedData& data,
                         const SelectionJob& selection) {
  mpi::agree_on(context.communicator, [&] {
    if (!context.communicator.is_root()) return;
    const RunFolder folder = context.folder.epoch(0);
    make_folder(folder.path());
    const auto link = [](const fs::path& from, const fs::path& to) {
      core::remove_file(to);
      std::error_code error;
      fs::create_hard_link(from, to, error);
      if (error) fs::copy_file(from, to, error);
      if (error)
        throw core::EnvironmentError(fmt::format("{}: cannot be made from {}: {}", to.string(),
                                                 from.string(), error.message()));
    };
    link(context.folder.scores(), folder.scores());
    link(context.folder.selection(selection.name), published_selection(folder));
    link(subset_path(context, data, selection), published_subset(folder, data));
  });
}

}  // namespace winnow::pipeline
