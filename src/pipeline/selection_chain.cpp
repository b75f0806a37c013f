#include "pipeline/selection_chain.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/ifd_share.hpp"
#include "pipeline/method.hpp"
#include "pipeline/pick_step.hpp"
#include "pipeline/step_memory.hpp"
#include "pipeline/step_parameters.hpp"
#include "pipeline/strata.hpp"
#include "selection/stratified_budget.hpp"

namespace winnow::pipeline {
namespace {

using core::ScoreStatus;

/// A longer list of strata is not noted in the selection file: HDF5 keeps attributes below 64 KiB.
constexpr std::size_t kLongestStrata = 32 << 10;

bool is_filter(const SelectionStep& step) { return method_of(step).algorithm == Algorithm::filter; }

/// The picks that are in `kept` (ascending).
selection::Selection keep(const selection::Selection& picked,
                          const std::vector<core::RowId>& kept) {
  selection::Selection result;
  const auto column = [&](const std::optional<std::vector<double>>& from) {
    return from ? std::optional<std::vector<double>>(std::in_place) : std::nullopt;
  };
  result.gain = column(picked.gain);
  result.score = column(picked.score);
  result.diversity = column(picked.diversity);
  for (std::size_t i = 0; i < picked.row.size(); ++i) {
    if (!std::ranges::binary_search(kept, picked.row[i])) continue;
    result.row.push_back(picked.row[i]);
    if (result.gain) result.gain->push_back((*picked.gain)[i]);
    if (result.score) result.score->push_back((*picked.score)[i]);
    if (result.diversity) result.diversity->push_back((*picked.diversity)[i]);
  }
  return result;
}

/// The chain between two steps.
struct Chain {
  Pool pool;
  selection::Selection picks;  ///< the pool in its order, whole on every rank, where it has one
  bool is_picked = false;      ///< some step has put the rows into an order
};

StepResult filter(const Context& context, const SelectionStep& step, Chain& chain) {
  const mpi::Communicator& ranks = context.communicator;
  EvaluatedNumbers holds = evaluate(context, step.place + ".filter", step.condition,
                                    selection::ExpressionKind::condition, step.scorer, chain.pool);
  StepResult result;
  result.aggregates = std::move(holds.aggregates);
  Pool kept;
  for (std::size_t i = 0; i < chain.pool.size(); ++i) {
    ++result.status_counts[static_cast<std::size_t>(holds.status[i])];
    if (holds.status[i] == ScoreStatus::ok && holds.value[i] != 0) kept.push_back(chain.pool[i]);
  }
  mpi::sum_in_place(ranks, result.status_counts);
  result.eligible = result.status_counts[static_cast<std::size_t>(ScoreStatus::ok)];
  if (chain.is_picked)
    chain.picks =
        keep(chain.picks, mpi::all_gather(ranks, std::span<const core::RowId>(kept)).values);
  result.rows_out = mpi::sum(ranks, static_cast<std::uint64_t>(kept.size()));
  chain.pool = std::move(kept);
  return result;
}

/// Appends a stratum's picks.
void append(selection::Selection& all, selection::Selection&& part) {
  const auto join = [](std::optional<std::vector<double>>& to,
                       const std::optional<std::vector<double>>& from) {
    if (!from) return;
    if (!to) to.emplace();
    to->insert(to->end(), from->begin(), from->end());
  };
  all.row.insert(all.row.end(), part.row.begin(), part.row.end());
  join(all.gain, part.gain);
  join(all.score, part.score);
  join(all.diversity, part.diversity);
  all.spent += part.spent;
}

/// Each stratum's share of the budget is picked on its own, strata in the order of their names.
StepPicks pick_by_strata(Context& context, const IndexedData& data, const SelectionStep& step,
                         const Candidates& candidates, std::uint64_t amount, std::uint64_t spare) {
  const std::vector<Stratum> strata = split_by_field(context, data, step, candidates);
  mpi::agree_on(context.communicator, [&] {
    if (strata.size() == 1 && strata.front().name.empty())
      throw core::DataError(
          fmt::format("{}.stratify: no eligible row has a value in the field '{}', "
                      "expected a field of the rows with a value for each stratum",
                      step.place, step.strata.field));
  });
  std::vector<std::uint64_t> eligible;
  for (const Stratum& stratum : strata) eligible.push_back(stratum.candidates.eligible);
  const std::vector<std::uint64_t> shares = selection::split_budget(
      amount, eligible,
      step.strata.budgets == "equal" ? selection::StrataBudgets::equal
                                     : selection::StrataBudgets::proportional);
  StepPicks all;
  nlohmann::ordered_json told = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < strata.size(); ++i) {
    told[strata[i].name] = shares[i];
    if (shares[i] == 0) continue;
    append(all.picks, pick(context, data, step, strata[i].candidates, shares[i], spare, "").picks);
  }
  const std::string text =
      told.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  if (text.size() <= kLongestStrata) all.more.push_back({"strata", text});
  return all;
}

StepResult choose(Context& context, const IndexedData& data, const SelectionStep& step,
                  const TfidfDump& dump, Chain& chain) {
  const Candidates candidates = find_candidates(context, step, chain.pool, is_in_tokens(step));
  const std::uint64_t amount = mpi::agree_on(
      context.communicator, [&] { return amount_of(context.job, data, step, candidates); });
  const bool has_share = takes(method_of(step), "ifd_share");
  const Candidates shared =
      has_share ? within_ifd_share(context, data, step, candidates, amount) : Candidates();
  const Candidates& wanted = has_share ? shared : candidates;
  const std::uint64_t spare = check_memory(context, data, step, wanted, amount);
  StepPicks picked =
      step.strata.field.empty()
          ? pick(context, data, step, wanted, amount, spare, dump.step == &step ? dump.key : "")
          : pick_by_strata(context, data, step, wanted, amount, spare);
  chain.picks = std::move(picked.picks);
  chain.is_picked = true;
  std::vector<core::RowId> sorted = chain.picks.row;
  std::ranges::sort(sorted);
  std::erase_if(chain.pool,
                [&](core::RowId row) { return !std::ranges::binary_search(sorted, row); });
  return {0,
          candidates.eligible,
          chain.picks.row.size(),
          candidates.status_counts,
          candidates.aggregates,
          std::move(picked.more)};
}

}  // namespace

ChainResult run_chain(Context& context, const IndexedData& data, const SelectionJob& selection,
                      const TfidfDump& dump) {
  Chain chain;
  chain.pool = all_rows(context, data);
  ChainResult result;
  std::uint64_t rows = data.rows;
  const core::RowRange mine = share_of(context.communicator, data.rows);
  std::vector<std::uint8_t> left_out_by(mine.size(), kPicked);
  for (std::uint8_t number = 0; const SelectionStep& step : selection.steps) {
    stop_if_requested(context);
    const Pool before = chain.pool;
    StepResult done =
        is_filter(step) ? filter(context, step, chain) : choose(context, data, step, dump, chain);
    done.rows_in = rows;
    rows = done.rows_out;
    if (context.communicator.is_root() && selection.steps.size() > 1)
      context.log.write("select", fmt::format("{}: {} of {} rows are left", described(step),
                                              done.rows_out, done.rows_in));
    result.steps.push_back(std::move(done));
    for (const core::RowId row : before)
      if (!std::ranges::binary_search(chain.pool, row)) left_out_by[row - mine.begin] = number;
    ++number;
  }
  result.left_out_by =
      mpi::gather(context.communicator, std::span<const std::uint8_t>(left_out_by)).values;
  if (!chain.is_picked)  // Filters alone.
    chain.picks.row =
        mpi::all_gather(context.communicator, std::span<const core::RowId>(chain.pool)).values;
  result.picks = std::move(chain.picks);
  return result;
}

std::string described(const SelectionStep& step) {
  if (is_filter(step)) return step.condition;
  return step.budget.empty() ? step.method : fmt::format("{} of {}", step.method, step.budget);
}

std::string described(const SelectionJob& selection) {
  std::string text;
  for (const SelectionStep& step : selection.steps)
    text += (text.empty() ? "" : ", ") + described(step);
  return text;
}

std::string steps_text(const Job& job, const SelectionJob& selection,
                       const std::vector<StepResult>& steps) {
  nlohmann::ordered_json text = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    nlohmann::ordered_json& step = text.emplace_back();
    step["method"] = selection.steps[i].method;
    for (const store::Attribute& parameter : parameters_of(job, selection.steps[i]))
      std::visit([&](const auto& value) { step[parameter.name] = value; }, parameter.value);
    step["rows_in"] = steps[i].rows_in;
    step["eligible"] = steps[i].eligible;
    step["rows_out"] = steps[i].rows_out;
    for (const selection::AggregateValue& aggregate : steps[i].aggregates)
      step["aggregates"][aggregate.text] =
          aggregate.value ? nlohmann::ordered_json(*aggregate.value) : nlohmann::ordered_json();
    for (std::size_t status = 0; status < steps[i].status_counts.size(); ++status)
      if (steps[i].status_counts[status] > 0)
        step["status"][std::string(core::kScoreStatusNames[status])] =
            steps[i].status_counts[status];
  }
  return text.dump();
}

}  // namespace winnow::pipeline
