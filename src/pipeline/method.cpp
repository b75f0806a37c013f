#include "pipeline/method.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace winnow::pipeline {
namespace {

using enum Algorithm;

const std::vector<Method>& table() {
  static const std::vector<Method> methods = {
      {"filter", filter, "", Eligible::defined, NeedsBudget::no, {}},
      {"vanilla", everything, "", Eligible::defined, NeedsBudget::no, {}},
      {"random", random, "", Eligible::defined, NeedsBudget::yes, {"seed"}},
      {"longest", ranking, "", Eligible::defined, NeedsBudget::yes, {"text", "unit"}},
      {"perplexity", ranking, "", Eligible::defined, NeedsBudget::yes, {"text", "take"}},
      {"top", ranking, "", Eligible::defined, NeedsBudget::yes, {"score", "take"}},
      {"ifd", ranking, "ifd_ppl", Eligible::below_one, NeedsBudget::yes, {"faithful"}},
      {"superfiltering", ranking, "ifd_ppl", Eligible::below_one, NeedsBudget::yes, {}},
      {"cherry",
       ranking,
       "ifd_loss",
       Eligible::at_most_one,
       NeedsBudget::yes,
       {"version", "faithful"}},
      {"alpagasus",
       threshold,
       "rating",
       Eligible::at_least_rating,
       NeedsBudget::optional,
       {"score", "min_rating"}},
      {"iterit",
       tfidf_greedy,
       "ifd_ppl",
       Eligible::below_one,
       NeedsBudget::yes,
       {"decay", "faithful", "eos_text"}},
      {"graphfilter",
       bipartite_greedy,
       "ifd_ppl",
       Eligible::defined,
       NeedsBudget::yes,
       {"score", "text"}},
      {"deita",
       similarity_filter,
       "evol_score",
       Eligible::defined,
       NeedsBudget::yes,
       {"score", "max_cosine_similarity", "embedding"}},
      {"instag", tag_cover, "", Eligible::defined, NeedsBudget::yes, {"global_tags"}},
      {"superfiltering_d",
       facility_location,
       "ifd_ppl",
       Eligible::below_one,
       NeedsBudget::yes,
       {"ifd_share", "faithful", "embedding"}},
      {"cherry_pre_experience",
       cherry_sample,
       "instruction_ppl",
       Eligible::defined,
       NeedsBudget::no,
       {"clusters", "per_cluster", "low_percentile", "high_percentile", "seed", "embedding"}},
      {"facility_location",
       facility_location,
       "",
       Eligible::defined,
       NeedsBudget::yes,
       {"embedding"}},
      {"k_center", k_center, "", Eligible::defined, NeedsBudget::yes, {"seed", "embedding"}},
      {"kmeans",
       clusters,
       "",
       Eligible::defined,
       NeedsBudget::yes,
       {"clusters", "take", "seed", "embedding"}},
      {"deduplicate",
       near_duplicates,
       "",
       Eligible::defined,
       NeedsBudget::no,
       {"by", "text", "ngram", "min_jaccard_similarity", "max_cosine_similarity", "embedding",
        "score"}},
  };
  return methods;
}

}  // namespace

std::span<const Method> methods() { return table(); }

const Method* find_method(std::string_view name) {
  const auto found = std::ranges::find(table(), name, &Method::name);
  return found == table().end() ? nullptr : &*found;
}

const Method& method_of(const SelectionStep& step) {
  const Method* const method = find_method(step.method);
  core::check(method != nullptr, "a checked step names a method");
  return *method;
}

bool rounds_to_bf16(const SelectionStep& step) {
  return step.faithful && (step.method == "iterit" || step.method == "ifd");
}

bool prefers_last_rows(const SelectionStep& step) {
  return step.method == "cherry" && step.faithful && step.version == 1;
}

bool takes(const Method& method, std::string_view key) {
  return std::ranges::find(method.keys, key) != method.keys.end();
}

}  // namespace winnow::pipeline
