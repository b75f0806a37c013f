#include "pipeline/candidates.hpp"

#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/method.hpp"
#include "selection/iterit.hpp"
#include "store/score_file.hpp"

namespace winnow::pipeline {
namespace {

using core::ScoreStatus;

/// A row needs the other thing too: its number's status stands where it is not ok.
void require(Numbers& numbers, const std::vector<ScoreStatus>& other) {
  for (std::size_t i = 0; i < other.size(); ++i)
    if (numbers.status[i] == ScoreStatus::ok) numbers.status[i] = other[i];
}

bool may_be_picked(double value, const SelectionStep& step) {
  switch (method_of(step).eligible) {
    case Eligible::below_one:
      return value < 1;
    case Eligible::at_most_one:
      return value <= 1;
    case Eligible::at_least_rating:
      return value >= step.min_rating;
    case Eligible::defined:
      return true;
  }
  throw core::InternalError("a method says which rows it may pick");
}

/// The scorer of the job that has `what`: the one asked for, or the only one.
template <typename Has>
std::string only_scorer(const Job& job, const SelectionStep& step, const char* key,
                        const std::string& asked, const char* what, Has&& has) {
  std::vector<std::string> names;
  for (const Scorer& scorer : job.scorers) {
    if (!has(scorer)) continue;
    if (scorer.name == asked) return asked;
    names.push_back(scorer.name);
  }
  if (names.empty())
    throw core::UsageError(fmt::format("{}: {} needs {}, which no scorer of this job gives",
                                       step.place, step.method, what));
  if (names.size() > 1)
    throw core::UsageError(fmt::format("{}.{}: several scorers give {}: expected one of {}",
                                       step.place, key, what, fmt::join(names, ", ")));
  return names.front();
}

}  // namespace

std::string score_of(const Job& job, const SelectionStep& step) {
  if (!step.score.empty()) return step.score;
  if (step.method == "longest") {
    if (step.unit == "tokens") return step.text == "instruction" ? "n_instruction" : "n_cond";
    return step.text == "instruction" ? "instruction_words" : "response_words";
  }
  if (step.method == "perplexity")
    return step.text == "instruction" ? "instruction_ppl" : "ppl_cond";
  if (step.method == "instag") {
    const bool by_evol_score = step.global_tags && NumberNames(job, step.scorer).has("evol_score");
    return by_evol_score ? "evol_score"
                         : selection::expression_name(tag_scorer(job, step)) + ".n_tags";
  }
  return std::string(method_of(step).score);
}

std::string condition_of(const SelectionStep& step) {
  switch (method_of(step).eligible) {
    case Eligible::below_one:
      return "below 1";
    case Eligible::at_most_one:
      return "at most 1";
    case Eligible::at_least_rating:
      return fmt::format("at least {}", step.min_rating);
    case Eligible::defined:
      return "";
  }
  throw core::InternalError("a method says which rows it may pick");
}

std::string token_scorer(const Job& job, const std::string& preferred) {
  std::vector<std::string> models;
  for (const Scorer& scorer : job.scorers) {
    if (!scorer.model || !counts_tokens(*scorer.model)) continue;
    if (scorer.name == preferred) return scorer.name;
    models.push_back(scorer.name);
  }
  return models.size() == 1 ? models.front() : "";
}

bool needs_embedding(const SelectionStep& step) {
  switch (method_of(step).algorithm) {
    case Algorithm::similarity_filter:
    case Algorithm::facility_location:
    case Algorithm::k_center:
    case Algorithm::clusters:
    case Algorithm::cherry_sample:
      return true;
    case Algorithm::near_duplicates:
      return step.by == "embedding";
    default:
      return false;
  }
}

bool needs_tags(const SelectionStep& step) {
  return method_of(step).algorithm == Algorithm::tag_cover;
}

std::string embedding_scorer(const Job& job, const SelectionStep& step) {
  const std::string found =
      only_scorer(job, step, "embedding", step.embedding, "embeddings",
                  [](const Scorer& s) { return s.model && asks_for(*s.model, "embedding"); });
  if (!step.embedding.empty() && found != step.embedding)
    throw core::UsageError(
        fmt::format("{}.embedding: found '{}', expected a scorer that gives "
                    "embeddings: {}",
                    step.place, step.embedding, found));
  return found;
}

std::string tag_scorer(const Job& job, const SelectionStep& step) {
  return only_scorer(job, step, "scorer", step.scorer, "tags", [](const Scorer& s) {
    return s.imported ? s.imported->as == "tags" : asks_for(*s.model, "tags");
  });
}

Candidates find_candidates(const Context& context, const SelectionStep& step, const Pool& pool,
                           bool in_tokens) {
  const mpi::Communicator& ranks = context.communicator;
  const std::string score = score_of(context.job, step);
  EvaluatedNumbers numbers;
  if (score.empty())
    numbers.status = mpi::agree_on(ranks, [&] { return row_status(context.folder, pool); });
  else
    numbers = evaluate(context, step.place + ".score", score, selection::ExpressionKind::number,
                       step.scorer, pool);
  Candidates candidates;
  candidates.aggregates = std::move(numbers.aggregates);
  mpi::agree_on(ranks, [&] {
    if (needs_embedding(step))
      require(numbers,
              status_in(context.folder, embedding_scorer(context.job, step), "embedding", pool));
    if (needs_tags(step))
      require(numbers, status_in(context.folder, tag_scorer(context.job, step), "n_tags", pool));
    Numbers tokens;
    if (in_tokens && !pool.empty()) {
      const std::string scorer = token_scorer(context.job, step.scorer);
      core::check(!scorer.empty(), "a budget in tokens has a scorer that counts them");
      const StoredNumber stored = token_count(scorer);
      tokens = numbers_in(context.folder, {&stored, 1}, pool);
      require(numbers, tokens.status);
    }
    for (std::size_t i = 0; i < pool.size(); ++i) {
      ++candidates.status_counts[static_cast<std::size_t>(numbers.status[i])];
      if (numbers.status[i] != ScoreStatus::ok) continue;
      if (!score.empty()) {
        const double value =
            rounds_to_bf16(step) ? selection::round_to_bf16(numbers.value[i]) : numbers.value[i];
        if (!may_be_picked(value, step)) continue;
        candidates.value.push_back(value);
      }
      candidates.row.push_back(pool[i]);
      if (in_tokens) candidates.tokens.push_back(static_cast<std::uint32_t>(tokens.value[i]));
    }
  });
  candidates.eligible = mpi::sum(ranks, static_cast<std::uint64_t>(candidates.row.size()));
  std::uint64_t tokens = 0;
  for (const std::uint32_t count : candidates.tokens) tokens += count;
  candidates.eligible_tokens = mpi::sum(ranks, tokens);
  mpi::sum_in_place(ranks, candidates.status_counts);
  return candidates;
}

}  // namespace winnow::pipeline
