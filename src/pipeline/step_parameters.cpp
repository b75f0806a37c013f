#include "pipeline/step_parameters.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.hpp"
#include "pipeline/candidates.hpp"
#include "pipeline/method.hpp"
#include "pipeline/pick_step.hpp"

namespace winnow::pipeline {
namespace {

using Value = decltype(store::Attribute::value);

std::string written(bool flag) { return flag ? "true" : "false"; }

Value value_of(const Job& job, const SelectionStep& step, std::string_view key) {
  if (key == "decay") return step.decay;
  if (key == "faithful") return written(step.faithful);
  if (key == "eos_text") return text_after_answers(job, step);
  if (key == "text") return step.text;
  if (key == "unit") return step.unit;
  if (key == "take") return step.take;
  if (key == "seed") return step.seed;
  if (key == "score") return score_of(job, step);
  if (key == "version") return step.version;
  if (key == "min_rating") return step.min_rating;
  if (key == "max_cosine_similarity") return step.max_cosine_similarity;
  if (key == "embedding") return embedding_scorer(job, step);
  if (key == "min_jaccard_similarity") return step.min_jaccard_similarity;
  if (key == "ifd_share") return step.ifd_share;
  if (key == "clusters")
    return step.clusters == 0 ? Value(std::string("as many as rows are picked"))
                              : Value(step.clusters);
  if (key == "per_cluster") return step.per_cluster;
  if (key == "low_percentile") return step.low_percentile;
  if (key == "high_percentile") return step.high_percentile;
  if (key == "by") return step.by;
  if (key == "ngram") return step.ngram;
  if (key == "global_tags") return written(step.global_tags);
  throw core::InternalError(fmt::format("no value for the key {}", key));
}

/// The stored numbers that a step's expressions name.
std::vector<StoredNumber> numbers_of(const Job& job, const SelectionStep& step) {
  const bool is_filter = method_of(step).algorithm == Algorithm::filter;
  const std::string text = is_filter ? step.condition : score_of(job, step);
  if (text.empty()) return {};
  const std::string place = step.place + (is_filter ? ".filter" : ".score");
  const NumberNames names(job, step.scorer);
  if (!is_filter && step.score.empty())
    return names.find(fmt::format("{}.method: {}", step.place, step.method), text);
  const selection::Expression expression(
      place, text,
      is_filter ? selection::ExpressionKind::condition : selection::ExpressionKind::number,
      names.all());
  std::vector<StoredNumber> numbers;
  for (const std::string& name : expression.names())
    for (const StoredNumber& number : names.find(place, name)) numbers.push_back(number);
  return numbers;
}

}  // namespace

bool key_applies(const SelectionStep& step, std::string_view key) {
  if (step.method == "cherry" && key == "faithful") return step.version == 1;
  if (method_of(step).algorithm != Algorithm::near_duplicates) return true;
  if (key == "embedding" || key == "max_cosine_similarity") return step.by == "embedding";
  if (key == "text" || key == "ngram" || key == "min_jaccard_similarity")
    return step.by == "ngrams";
  return true;
}

store::Attributes parameters_of(const Job& job, const SelectionStep& step) {
  const Method& method = method_of(step);
  store::Attributes parameters;
  const bool is_filter = method.algorithm == Algorithm::filter;
  if (is_filter) {
    parameters.push_back({"filter", step.condition});
  } else {
    parameters.push_back({"budget", step.budget.empty() ? std::string("all") : step.budget});
    parameters.push_back({"of", step.of});
  }
  std::string scorers;
  for (const std::string& scorer : scorers_of(job, step))
    scorers += (scorers.empty() ? "" : ", ") + scorer;
  if (!scorers.empty()) parameters.push_back({"scorer", scorers});
  for (const std::string_view key : method.keys)
    if (key_applies(step, key)) parameters.push_back({std::string(key), value_of(job, step, key)});
  if (!step.strata.field.empty()) {
    parameters.push_back({"stratify.field", step.strata.field});
    parameters.push_back({"stratify.budgets", step.strata.budgets});
  }
  if (method.algorithm == Algorithm::tfidf_greedy)
    parameters.push_back({"tfidf.fit", job.tfidf.fit});
  return parameters;
}

std::vector<std::string> scorers_of(const Job& job, const SelectionStep& step) {
  std::vector<std::string> scorers;
  const auto add = [&](const std::string& name) {
    if (!name.empty() && std::ranges::find(scorers, name) == scorers.end()) scorers.push_back(name);
  };
  for (const StoredNumber& number : numbers_of(job, step)) add(number.scorer);
  if (needs_embedding(step)) add(embedding_scorer(job, step));
  if (needs_tags(step)) add(tag_scorer(job, step));
  if (is_in_tokens(step)) add(token_scorer(job, step.scorer));
  return scorers;
}

void check_needs(const Job& job, const SelectionStep& step) {
  const std::vector<StoredNumber> numbers = numbers_of(job, step);
  static_cast<void>(scorers_of(job, step));
  if (step.method == "iterit" && step.faithful && !step.eos_text)
    for (const Scorer& scorer : job.scorers)
      if (scorer.imported && scorer.name == numbers.front().scorer)
        throw core::UsageError(
            fmt::format("{}.eos_text: missing: faithful: true on imported scores needs the model's "
                        "EOS text (it "
                        "may be empty)",
                        step.place));
  if (is_in_tokens(step) && token_scorer(job, step.scorer).empty())
    throw core::UsageError(fmt::format(
        "{}.budget: '{}' counts tokens, which only a model gives: expected one model in "
        "the job, or `scorer:` naming one",
        step.place, step.budget));
}

}  // namespace winnow::pipeline
