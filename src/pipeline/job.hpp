#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/source.hpp"
#include "model/sampler.hpp"
#include "pipeline/finetune_job.hpp"
#include "pipeline/scorer_job.hpp"
#include "pipeline/selection_job.hpp"
#include "pipeline/study_job.hpp"
#include "scoring/paired_bootstrap.hpp"

namespace winnow::pipeline {

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

/// What the model is called that the job's own fine-tuning leaves.
inline constexpr const char* kTuned = "tuned";

/// A model that is evaluated beside the base.
struct TunedModel {
  std::string name;
  std::filesystem::path path;  ///< a Hugging Face folder of the base's family and tokenizer
};

/// Benchmarks by EleutherAI's lm-evaluation-harness, under its own names and rules.
struct HarnessJob {
  std::vector<std::string> tasks;         ///< tasks, groups and tags
  std::optional<std::uint64_t> few_shot;  ///< nothing: each task's own
  std::optional<std::uint64_t> limit;     ///< rows of each task; nothing: all
  std::filesystem::path include;          ///< a folder with tasks beside its own; empty: none
  std::uint64_t batch = 1;
  bool chat_template = false;
};

/// Answer losses of models on rows that none of them was trained on, and benchmarks.
struct EvaluationJob {
  std::string base;   ///< the scorer whose model it is
  ModelScorer model;  ///< the base's, asked for ppl_cond; the tuned models take its settings
  std::vector<TunedModel> tuned;
  std::optional<data::SourceOptions> data;  ///< nothing: no losses
  std::string category;  ///< the field of a row that groups the figures; empty: none
  scoring::BootstrapOptions bootstrap;
  std::optional<HarnessJob> harness;  ///< there where no data are
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
  std::optional<FinetuneJob> finetune;  ///< a study's: without a selection
  std::optional<GenerationJob> generation;
  std::optional<EvaluationJob> evaluation;  ///< a study's: without tuned models
  std::optional<StudyJob> study;
  std::string effective;  ///< the whole job as canonical YAML, overrides applied; for the manifest
};

}  // namespace winnow::pipeline
