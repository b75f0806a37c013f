#include "pipeline/pick_step.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/method.hpp"
#include "pipeline/row_shingles.hpp"
#include "pipeline/row_texts.hpp"
#include "pipeline/text_tfidf.hpp"
#include "selection/budget.hpp"
#include "selection/cherry_sample_mpi.hpp"
#include "selection/cluster_picks_mpi.hpp"
#include "selection/facility_location_mpi.hpp"
#include "selection/greedy_mpi.hpp"
#include "selection/k_center_mpi.hpp"
#include "selection/kmeans_mpi.hpp"
#include "selection/near_duplicates_mpi.hpp"
#include "selection/position.hpp"
#include "selection/ranking.hpp"
#include "selection/ranking_mpi.hpp"
#include "selection/similarity_filter_mpi.hpp"
#include "selection/tag_cover_mpi.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::pipeline {
namespace {

/// What an algorithm works with.
struct StepInput {
  Context& context;
  const IndexedData& data;
  const SelectionStep& step;
  const Candidates& candidates;
  const std::string& dump_key;
  std::uint64_t amount;  ///< rows or tokens
  std::uint64_t spare_bytes;

  [[nodiscard]] const mpi::Communicator& ranks() const { return context.communicator; }
};

[[noreturn]] void refuse_empty(const Job& job, const SelectionStep& step,
                               const Candidates& candidates) {
  std::string counts;
  for (std::size_t i = 0; i < candidates.status_counts.size(); ++i)
    if (candidates.status_counts[i] > 0)
      counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", core::kScoreStatusNames[i],
                            candidates.status_counts[i]);
  const std::string score = score_of(job, step);
  const std::string condition = condition_of(step);
  throw core::DataError(fmt::format("{}: no row is eligible for {}{}{}{} (rows by status: {})",
                                    step.place, step.method, score.empty() ? "" : ", which needs ",
                                    score, condition.empty() ? "" : " " + condition,
                                    counts.empty() ? "none came in" : counts));
}

selection::Selection by_rank(const StepInput& in) {
  using enum selection::Direction;
  const Candidates& rows = in.candidates;
  if (in.step.take == "middle") {
    const std::uint64_t skipped = (rows.eligible - in.amount) / 2;
    auto picks = selection::ranking_mpi(in.ranks(), rows.row, rows.value, descending, rows.tokens,
                                        skipped + in.amount);
    const auto cut = static_cast<std::ptrdiff_t>(skipped);
    picks.row.erase(picks.row.begin(), picks.row.begin() + cut);
    picks.score->erase(picks.score->begin(), picks.score->begin() + cut);
    picks.spent = in.amount;
    return picks;
  }
  const bool last_row_first = prefers_last_rows(in.step);
  Pool keys = rows.row;
  const auto mirror = [&](core::RowId& row) { row = in.data.rows - 1 - row; };
  if (last_row_first) std::ranges::for_each(keys, mirror);
  auto picks = selection::ranking_mpi(in.ranks(), keys, rows.value,
                                      in.step.take == "bottom" ? ascending : descending,
                                      rows.tokens, in.amount);
  if (last_row_first) std::ranges::for_each(picks.row, mirror);
  return picks;
}

/// All that are eligible, in file order; with a budget the best of them.
selection::Selection by_threshold(const StepInput& in) {
  if (!in.step.budget.empty()) return by_rank(in);
  return selection::vanilla_mpi(in.ranks(), in.candidates.row);
}

StepPicks by_greedy(const StepInput& in, const TermSource& source, double decay, bool repeats) {
  const Candidates& candidates = in.candidates;
  mpi::agree_on(in.ranks(), [&] {
    for (std::size_t i = 0; i < candidates.row.size(); ++i)
      if (candidates.value[i] < 0)
        throw core::DataError(
            fmt::format("{}.score: row {} has {}, expected 0 or more: {} multiplies "
                        "it with the row's diversity",
                        in.step.place, candidates.row[i], candidates.value[i], in.step.method));
  });
  const TextTfidf tfidf = vectorize_texts(in.context, in.data, candidates, source);
  if (!in.dump_key.empty()) dump_tfidf(in.context, in.data, candidates, source, in.dump_key);
  stop_if_requested(in.context);
  const StageTimer timer(in.context, "greedy");
  const selection::GreedyRows rows{candidates.row, candidates.value, candidates.tokens, tfidf.rows};
  selection::GreedyRule rule;
  rule.decay = decay;
  rule.repeat_first_at_zero = repeats;
  auto greedy = selection::greedy_mpi(in.ranks(), rows, rule, in.amount);
  return {std::move(greedy.selection),
          {{"tfidf_rows", tfidf.fit.documents},
           {"tfidf_terms", tfidf.fit.terms},
           {"tfidf_df_sum", tfidf.fit.df_sum}}};
}

StepPicks by_tfidf(const StepInput& in) {
  return by_greedy(in,
                   {RowText::response, text_after_answers(in.context.job, in.step),
                    in.context.job.tfidf.fit == "all", tfidf::Weighting::scikit_learn},
                   in.step.decay, in.step.faithful);
}

StepPicks by_bipartite_graph(const StepInput& in) {
  const RowText text = in.step.text == "response" ? RowText::response : RowText::instruction;
  return by_greedy(in, {text, "", false, tfidf::Weighting::tf_log_idf}, 0, false);
}

/// The candidates' vectors.
RowVectors vectors_of(const StepInput& in) {
  return mpi::agree_on(in.ranks(), [&] {
    return read_vectors(in.context.folder, embedding_scorer(in.context.job, in.step),
                        in.candidates.row);
  });
}

selection::Selection by_similarity(const StepInput& in) {
  const RowVectors vectors = vectors_of(in);
  return selection::similarity_filter_mpi(
      in.ranks(), {in.candidates.row, in.candidates.value, in.candidates.tokens, vectors.view()},
      in.step.max_cosine_similarity, in.amount);
}

/// The rule whose lists stay within what the job's memory leaves.
selection::FacilityRule facility_rule(const StepInput& in) {
  selection::FacilityRule rule;
  const auto ranks = static_cast<std::uint64_t>(in.ranks().size());
  rule.list_bytes = std::min(rule.list_bytes / ranks, in.spare_bytes) * ranks;
  return rule;
}

selection::Selection by_facility_location(const StepInput& in) {
  const RowVectors vectors = vectors_of(in);
  return selection::facility_location_mpi(
      in.ranks(), {in.candidates.row, {}, in.candidates.tokens, vectors.view()}, facility_rule(in),
      in.amount);
}

/// Superfiltering.D, on within_share's candidates.
selection::Selection by_superfiltering_d(const StepInput& in) {
  const Candidates& top = in.candidates;
  const RowVectors vectors = vectors_of(in);
  selection::FacilityRule rule = facility_rule(in);
  rule.similarity = selection::FacilitySimilarity::published;
  std::vector<std::uint64_t> keys;
  if (in.step.faithful) {
    rule.ties = selection::FacilityTies::published;
    keys = selection::ranking_keys(top.value, selection::Direction::descending);
  }
  return selection::facility_location_mpi(in.ranks(), {top.row, keys, top.tokens, vectors.view()},
                                          rule, in.amount);
}

selection::Selection by_k_center(const StepInput& in) {
  const RowVectors vectors = vectors_of(in);
  return selection::k_center_mpi(in.ranks(),
                                 {in.candidates.row, in.candidates.tokens, vectors.view()},
                                 in.step.seed, in.amount);
}

selection::Clustering clustering_of(const StepInput& in, const RowVectors& vectors) {
  selection::KMeansOptions options;
  options.clusters = in.step.clusters == 0 ? in.amount : in.step.clusters;
  options.seed = in.step.seed;
  return selection::kmeans_mpi(in.ranks(), vectors.view(), options);
}

store::Attributes told_of(const selection::Clustering& clustering, std::size_t dimension) {
  return {{"clusters", static_cast<std::uint64_t>(clustering.centroid.size() / dimension)},
          {"inertia", clustering.inertia},
          {"iterations", static_cast<std::uint64_t>(clustering.iterations)}};
}

StepPicks by_clusters(const StepInput& in) {
  const RowVectors vectors = vectors_of(in);
  const selection::Clustering clustering = clustering_of(in, vectors);
  const selection::ClusteredRows rows{in.candidates.row, in.candidates.tokens,
                                      clustering.assignment.cluster,
                                      clustering.assignment.squared_distance};
  return {in.step.take == "nearest"
              ? selection::nearest_to_centroids_mpi(in.ranks(), rows, vectors.view(),
                                                    clustering.centroid, in.amount)
              : selection::per_cluster_mpi(in.ranks(), rows, in.amount),
          told_of(clustering, vectors.dimension)};
}

StepPicks by_cherry_sample(const StepInput& in) {
  const RowVectors vectors = vectors_of(in);
  const selection::Clustering clustering = clustering_of(in, vectors);
  return {selection::cherry_sample_mpi(
              in.ranks(), {in.candidates.row, clustering.assignment.cluster, in.candidates.value},
              {in.step.per_cluster, in.step.low_percentile, in.step.high_percentile}),
          told_of(clustering, vectors.dimension)};
}

selection::Selection without_duplicates(const StepInput& in) {
  const Candidates& rows = in.candidates;
  if (in.step.by == "embedding") {
    const RowVectors vectors = vectors_of(in);
    const std::vector<double> one(rows.row.size(), 1.0);
    auto picks = selection::similarity_filter_mpi(
        in.ranks(), {rows.row, rows.value.empty() ? one : rows.value, {}, vectors.view()},
        in.step.max_cosine_similarity, rows.eligible);
    if (in.step.score.empty()) picks.score.reset();
    return picks;
  }
  const RowShingles shingles = mpi::agree_on(
      in.ranks(), [&] { return shingles_of(in.context, in.data, in.step, rows.row, rows.value); });
  selection::Selection picks;
  picks.row =
      selection::near_duplicates_mpi(in.ranks(), shingles.view(), near_duplicate_rule(in.step))
          .kept;
  picks.spent = picks.row.size();
  return picks;
}

selection::Selection by_tags(const StepInput& in) {
  const RowTags tags = mpi::agree_on(in.ranks(), [&] {
    return read_tags(in.context.folder, tag_scorer(in.context.job, in.step), in.candidates.row);
  });
  const std::vector<std::uint64_t> keys =
      selection::ranking_keys(in.candidates.value, selection::Direction::descending);
  return selection::tag_cover_mpi(
      in.ranks(), {in.candidates.row, keys, in.candidates.tokens, tags.offset, tags.tag},
      in.step.global_tags ? selection::TagRounds::one : selection::TagRounds::restart, in.amount);
}

}  // namespace

std::string text_after_answers(const Job& job, const SelectionStep& step) {
  if (step.method != "iterit" || !step.faithful) return "";
  if (step.eos_text) return *step.eos_text;
  for (const StoredNumber& number : NumberNames(job, step.scorer).find(step.place, "ifd_ppl"))
    for (const Scorer& scorer : job.scorers)
      if (scorer.name == number.scorer && scorer.model)
        return tokenizer::Tokenizer::load(scorer.model->path).eos_text();
  throw core::InternalError("imported scores come with eos_text");
}

bool is_in_tokens(const SelectionStep& step) {
  return !step.budget.empty() &&
         selection::parse_budget("budget", step.budget).unit == selection::Budget::Unit::tokens;
}

std::uint64_t amount_of(const Job& job, const IndexedData& data, const SelectionStep& step,
                        const Candidates& candidates) {
  if (candidates.eligible == 0) refuse_empty(job, step, candidates);
  if (step.budget.empty()) return candidates.eligible;
  const selection::Budget budget = selection::parse_budget("budget", step.budget);
  // The published loop of IterIT never runs out of rows: it repeats one.
  const bool repeats = step.method == "iterit" && step.faithful;
  try {
    const std::uint64_t amount =
        selection::resolve_budget(budget, step.of == "eligible" ? candidates.eligible : data.rows);
    selection::check_available(budget, amount,
                               is_in_tokens(step) ? candidates.eligible_tokens
                               : repeats          ? data.rows
                                                  : candidates.eligible);
    return amount;
  } catch (const core::DataError& error) {
    throw core::DataError(
        fmt::format("{}.budget: '{}': {}", step.place, step.budget, error.what()));
  }
}

StepPicks pick(Context& context, const IndexedData& data, const SelectionStep& step,
               const Candidates& candidates, std::uint64_t amount, std::uint64_t spare_bytes,
               const std::string& dump_key) {
  const StepInput in{context, data, step, candidates, dump_key, amount, spare_bytes};
  switch (method_of(step).algorithm) {
    case Algorithm::everything:
      return {selection::vanilla_mpi(in.ranks(), candidates.row), {}};
    case Algorithm::random:
      return {selection::random_subset_mpi(in.ranks(), candidates.row, step.seed, candidates.tokens,
                                           amount),
              {}};
    case Algorithm::ranking:
      return {by_rank(in), {}};
    case Algorithm::threshold:
      return {by_threshold(in), {}};
    case Algorithm::tfidf_greedy:
      return by_tfidf(in);
    case Algorithm::bipartite_greedy:
      return by_bipartite_graph(in);
    case Algorithm::similarity_filter:
      return {by_similarity(in), {}};
    case Algorithm::tag_cover:
      return {by_tags(in), {}};
    case Algorithm::facility_location:
      return {
          step.method == "superfiltering_d" ? by_superfiltering_d(in) : by_facility_location(in),
          {}};
    case Algorithm::k_center:
      return {by_k_center(in), {}};
    case Algorithm::clusters:
      return by_clusters(in);
    case Algorithm::cherry_sample:
      return by_cherry_sample(in);
    case Algorithm::near_duplicates:
      return {without_duplicates(in), {}};
    case Algorithm::filter:
      break;
  }
  throw core::InternalError(fmt::format("{} picks no rows", step.method));
}

}  // namespace winnow::pipeline
