#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/source.hpp"
#include "model/sampler.hpp"
#include "pipeline/selection_job.hpp"
#include "scoring/paired_bootstrap.hpp"

namespace winnow::pipeline {

/// How rows are embedded.
struct EmbeddingJob {
  std::string text = "all";            ///< all | instruction | response
  std::optional<std::string> pooling;  ///< last_token | mean, of a causal model
  std::optional<bool> normalize;       ///< to length 1, of a causal model
  std::string dtype = "f32";           ///< stored: f32 | f16
};

/// How a model is asked for tags.
struct TagJob {
  std::string prompt = "instagger";  ///< instagger | instag
  std::uint32_t max_new_tokens = 512;
};

/// A model that scores rows. Whatever changes the numbers is bound to the run folder.
struct ModelScorer {
  std::filesystem::path path;  ///< a Hugging Face folder
  std::string prompt_template = "auto";
  std::string system;            ///< empty: `none`
  std::string dtype = "bf16";    ///< bf16 | fp32
  std::uint32_t max_length = 0;  ///< 0: the model's own limit
  std::filesystem::path stage;   ///< folder on local disk for a copy of the weights; empty: none
  std::string revision;          ///< the user's own word for what the folder holds; may be empty
  /// ifd_ppl, ifd_loss, ppl_cond, ppl_direct, instruction_ppl, length, embedding, evol_complexity,
  /// evol_quality; or tags alone
  std::vector<std::string> scores;
  bool faithful = false;  ///< IterIT's answer spans
  EmbeddingJob embedding;
  TagJob tags;
};

[[nodiscard]] inline bool asks_for(const ModelScorer& scorer, std::string_view score) {
  return std::find(scorer.scores.begin(), scorer.scores.end(), score) != scorer.scores.end();
}

/// True if a score of the scorer needs the answer's loss without its prompt; with it there is an
/// ifd_ppl.
[[nodiscard]] inline bool needs_direct(const ModelScorer& scorer) {
  return asks_for(scorer, "ifd_ppl") || asks_for(scorer, "ifd_loss") ||
         asks_for(scorer, "ppl_direct");
}

/// True if a score of the scorer needs the answer's loss.
[[nodiscard]] inline bool needs_answer(const ModelScorer& scorer) {
  return needs_direct(scorer) || asks_for(scorer, "ppl_cond");
}

/// True if the scorer tells how long a row is in tokens.
[[nodiscard]] inline bool counts_tokens(const ModelScorer& scorer) {
  return needs_answer(scorer) || asks_for(scorer, "instruction_ppl") || asks_for(scorer, "length");
}

/// Numbers that someone else computed, or lists of tags: one, or null, per row in file order.
struct ImportedScorer {
  std::filesystem::path path;
  std::string key;  ///< member of a JSON object that holds the list; empty: the file is the list
  std::string as;   ///< ifd_ppl, another derived name, tags, or any name of the user's
};

struct Scorer {
  std::string name;  ///< its group in scores.h5
  std::optional<ModelScorer> model;
  std::optional<ImportedScorer> imported;
};

/// Answers of a model to rows of a data set.
struct GenerationJob {
  std::string name;  ///< of replies/<name>.jsonl
  ModelScorer model;
  std::optional<data::SourceOptions> data;  ///< nothing: the job's own
  model::SamplingOptions sampling;
  std::uint64_t seed = 0;
  std::uint32_t max_new_tokens = 512;
  std::vector<std::string> stop;  ///< strings before which an answer ends
  std::uint64_t block_rows = 32;
};

/// A model that is evaluated beside the base.
struct TunedModel {
  std::string name;
  std::filesystem::path path;  ///< a Hugging Face folder of the base's family and tokenizer
};

/// Answer losses of models on rows that none of them was trained on.
struct EvaluationJob {
  std::string base;   ///< the scorer whose model it is
  ModelScorer model;  ///< the base's, asked for ppl_cond; the tuned models take its settings
  std::vector<TunedModel> tuned;
  data::SourceOptions data;
  std::string category;  ///< the field of a row that groups the figures; empty: none
  scoring::BootstrapOptions bootstrap;
};

struct TfidfOptions {
  std::string fit = "eligible";  ///< eligible | all
  bool dump = false;
};

/// A job, checked and resolved: what to do, on which rows, with which models. The same on every
/// rank.
struct Job {
  std::string name;
  std::filesystem::path file;    ///< as the user gave it
  std::filesystem::path folder;  ///< absolute; the file's relative paths start there
  std::filesystem::path run_folder;
  data::SourceOptions data;
  std::string join = "\nInput: ";
  std::uint64_t block_rows = 64;
  std::uint64_t memory = 0;  ///< bytes that a selection may take on each rank; 0: no limit
  std::vector<Scorer> scorers;
  TfidfOptions tfidf;
  std::vector<SelectionJob> selections;
  std::optional<GenerationJob> generation;
  std::optional<EvaluationJob> evaluation;
  std::string effective;  ///< the whole job as canonical YAML, overrides applied; for the manifest
};

}  // namespace winnow::pipeline
