#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace winnow::pipeline {

/// A budget for each stratum of rows.
struct Strata {
  std::string field;                     ///< of the row, in the input; empty: no strata
  std::string budgets = "proportional";  ///< proportional | equal
};

/// One step of a selection: rows go in, fewer come out. Which members mean something is told by the
/// method's keys (method.hpp).
struct SelectionStep {
  std::string place;         ///< in the job file: `select`, `selections.a[1]`
  std::string method;        ///< of method.hpp; `filter` for a filter
  std::string condition;     ///< filter: what holds for the rows that stay
  std::string budget;        ///< as written: `1000`, `5%`, `2M tokens`; empty: no budget
  std::string of;            ///< a percentage is taken of: all | eligible
  std::string score;         ///< what the method goes by: an expression; empty: the method's own
  std::string scorer;        ///< whose numbers, tags and tokens; empty: the only one that has them
  std::string embedding;     ///< the scorer whose embeddings
  std::string take = "top";  ///< top | middle | bottom; of clusters: nearest | per_cluster
  std::string text = "response";  ///< instruction | response | all
  std::string unit = "words";     ///< longest: words | tokens
  std::string by = "ngrams";      ///< deduplicate: ngrams | embedding
  bool faithful = false;
  bool global_tags = false;
  double decay = 0.1;
  double max_cosine_similarity = 0.9;
  double min_jaccard_similarity = 0.8;
  double min_rating = 4.5;
  std::string ifd_share = "20%";  ///< superfiltering_d: of all rows, those with the highest IFD
  std::uint64_t version = 1;      ///< cherry: 1 | 2
  std::uint64_t ngram = 5;        ///< deduplicate: words of a shingle
  std::uint64_t clusters = 0;     ///< 0: as many as rows are picked
  std::uint64_t per_cluster = 10;
  double low_percentile = 25;
  double high_percentile = 75;
  std::uint64_t seed = 0;
  std::optional<std::string> eos_text;
  Strata strata;
};

/// How rows are selected anew between the epochs of a training.
struct Reselection {
  bool once = false;        ///< `baseline`: the first selection is kept
  double update_ratio = 3;  ///< times the budget: rows scored anew; at most 1: all rows
};

/// A list of rows, made by one step or by several in turn.
struct SelectionJob {
  std::string name;
  std::string place;  ///< in the job file: `select`, or `selections.<name>`
  std::vector<SelectionStep> steps;
  std::string order = "pick";  ///< of the subset file: pick | file
  std::optional<Reselection> reselection;
};

}  // namespace winnow::pipeline
