#include "pipeline/candidates.hpp"

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "selection/iterit.hpp"
#include "store/index_file.hpp"
#include "store/score_file.hpp"

namespace winnow::pipeline {
namespace {

using core::ScoreStatus;

/// Rows and values of `mine`, statuses counted.
Candidates read_candidates(const Context& context, const SelectionJob& selection,
                           core::RowRange mine) {
  Candidates candidates;
  std::vector<ScoreStatus> status;
  std::vector<double> value;
  if (goes_by_ifd(selection.method)) {
    const store::ScoreFileReader scores(context.folder.scores());
    auto column = scores.read_score(selection.scorer, "ifd_ppl", mine);
    status = std::move(column.status);
    value = std::move(column.values);
  } else {
    const store::IndexReader index(context.folder.index());
    status = index.read_status(mine);
    if (selection.method == "longest") {
      const store::RowTable rows = index.read(mine);
      const auto& words =
          selection.text == "instruction" ? rows.instruction_words : rows.response_words;
      value.assign(words.begin(), words.end());
    }
  }
  for (std::size_t i = 0; i < status.size(); ++i) {
    ++candidates.status_counts[static_cast<std::size_t>(status[i])];
    if (status[i] != ScoreStatus::ok) continue;
    candidates.row.push_back(mine.begin + i);
    if (!value.empty()) candidates.value.push_back(value[i]);
  }
  if (goes_by_ifd(selection.method)) {
    const bool in_bf16 = selection.faithful && selection.method != "superfiltering";
    auto below_one = selection::ifd_candidates(candidates.row, candidates.value, in_bf16);
    candidates.row = std::move(below_one.row);
    candidates.value = std::move(below_one.score);
  }
  return candidates;
}

}  // namespace

bool goes_by_ifd(const std::string& method) {
  return method == "iterit" || method == "ifd" || method == "superfiltering";
}

std::string token_scorer(const Job& job, const SelectionJob& selection) {
  std::vector<std::string> models;
  for (const Scorer& scorer : job.scorers) {
    if (!scorer.model || !counts_tokens(*scorer.model)) continue;
    if (scorer.name == selection.scorer) return scorer.name;
    models.push_back(scorer.name);
  }
  return models.size() == 1 ? models.front() : "";
}

Candidates find_candidates(const Context& context, const IndexedData& data,
                           const SelectionJob& selection, bool in_tokens) {
  const mpi::Communicator& ranks = context.communicator;
  const core::RowRange mine = share_of(ranks, data.rows);
  Candidates candidates = mpi::agree_on(ranks, [&] {
    Candidates read = read_candidates(context, selection, mine);
    if (in_tokens) {
      const std::string scorer = token_scorer(context.job, selection);
      core::check(!scorer.empty(), "a budget in tokens has a scorer that counts them");
      const auto tokens =
          store::ScoreFileReader(context.folder.scores()).read_counts(scorer, "n_tokens", mine);
      for (const core::RowId row : read.row) read.tokens.push_back(tokens[row - mine.begin]);
    }
    return read;
  });
  candidates.eligible = mpi::sum(ranks, static_cast<std::uint64_t>(candidates.row.size()));
  std::uint64_t tokens = 0;
  for (const std::uint32_t count : candidates.tokens) tokens += count;
  candidates.eligible_tokens = mpi::sum(ranks, tokens);
  mpi::sum_in_place(ranks, candidates.status_counts);
  return candidates;
}

}  // namespace winnow::pipeline
