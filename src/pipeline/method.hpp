#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/selection_job.hpp"

namespace winnow::pipeline {

/// How a step chooses.
enum class Algorithm {
  filter,
  everything,
  random,
  ranking,
  threshold,
  tfidf_greedy,
  bipartite_greedy,
  similarity_filter,
  tag_cover,
  facility_location,
  k_center,
  clusters,
  cherry_sample,
  near_duplicates,
};

/// Rows that may be picked, by the number that the method goes by.
enum class Eligible { defined, below_one, at_most_one, at_least_rating };

enum class NeedsBudget { no, optional, yes };

/// What a selection method is, apart from its algorithm.
struct Method {
  std::string_view name;
  Algorithm algorithm;
  std::string_view score;  ///< what it goes by unless the job says; empty: nothing, or it depends
  Eligible eligible = Eligible::defined;
  NeedsBudget budget = NeedsBudget::yes;
  std::vector<std::string_view> keys;  ///< of its own in the job file
};

/// All methods, filters among them.
[[nodiscard]] std::span<const Method> methods();

/// Nothing for an unknown name.
[[nodiscard]] const Method* find_method(std::string_view name);

/// The method of a checked step.
[[nodiscard]] const Method& method_of(const SelectionStep& step);

/// True if the step compares and picks by bfloat16 numbers, as the released IterIT does.
[[nodiscard]] bool rounds_to_bf16(const SelectionStep& step);

/// True if of rows with equal numbers the last one comes first: Cherry's released code sorts
/// ascending by (score, row) and takes from the end.
[[nodiscard]] bool prefers_last_rows(const SelectionStep& step);

/// True if the job file may give the key to the method.
[[nodiscard]] bool takes(const Method& method, std::string_view key);

}  // namespace winnow::pipeline
