#include "pipeline/model_scorer.hpp"

#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "model/model_config.hpp"

namespace winnow::pipeline {
namespace {

scoring::EmbeddingOptions embedding_options(const EmbeddingJob& job) {
  scoring::EmbeddingOptions options;
  if (job.text == "instruction") options.text = scoring::EmbeddedText::instruction;
  if (job.text == "response") options.text = scoring::EmbeddedText::response;
  if (job.pooling == "mean") options.pooling = model::Pooling::mean;
  options.normalize = job.normalize.value_or(false);
  options.half = job.dtype == "f16";
  return options;
}

scoring::ScoringOptions scoring_options(const ModelScorer& scorer, const Job& job) {
  scoring::ScoringOptions options;
  options.count_tokens = counts_tokens(scorer);
  options.answer = needs_answer(scorer);
  options.direct = needs_direct(scorer);
  options.instruction = asks_for(scorer, "instruction_ppl");
  if (asks_for(scorer, "embedding")) options.embedding = embedding_options(scorer.embedding);
  options.evol_complexity = asks_for(scorer, "evol_complexity");
  options.evol_quality = asks_for(scorer, "evol_quality");
  options.join = job.join;
  options.faithful = scorer.faithful;
  options.skip_refused_rows = job.data.skip_bad_rows;
  return options;
}

/// The job's max_length, or the model's own. @throws core::UsageError above the model's.
std::uint32_t max_length_of(const ModelScorer& scorer, std::uint32_t model_positions) {
  if (scorer.max_length == 0) return model_positions;
  if (scorer.max_length > model_positions)
    throw core::UsageError(fmt::format("model.max_length: {}, but {} takes at most {} tokens",
                                       scorer.max_length, scorer.path.string(), model_positions));
  return scorer.max_length;
}

void require_embeddings_for_all_tokens(const ModelScorer& scorer, const OpenScorer& opened,
                                       const model::ModelInfo& info) {
  if (opened.tokenizer.vocabulary_size() > info.vocabulary_size)
    throw core::ModelError(fmt::format(
        "{}: tokenizer.json has {} tokens, the model's embedding {} rows: expected at "
        "least as many",
        scorer.path.string(), opened.tokenizer.vocabulary_size(), info.vocabulary_size));
}

}  // namespace

OpenScorer open_scorer(const ModelScorer& scorer, const Job& job) {
  OpenScorer opened{tokenizer::Tokenizer::load(scorer.path), nullptr, 0,
                    scoring_options(scorer, job)};
  opened.model_positions = model::read_decoder_config(scorer.path).max_positions;
  opened.options.max_length = max_length_of(scorer, opened.model_positions);
  if (!scoring::needs_template(opened.options)) return opened;
  const data::TemplateOptions options{scorer.system, job.join};
  opened.prompt =
      scorer.prompt_template == "auto"
          ? data::template_for_folder(scorer.path, opened.tokenizer.chat_template(), options)
          : data::make_template(scorer.prompt_template, options);
  return opened;
}

std::string describe_embedding(const ModelScorer& scorer) {
  if (!asks_for(scorer, "embedding")) return "";
  const EmbeddingJob& job = scorer.embedding;
  return fmt::format("text {}, pooling {}, {}, {}", job.text, job.pooling.value_or("last_token"),
                     job.normalize.value_or(false) ? "scaled to length 1" : "not scaled",
                     job.dtype);
}

BlockScorer open_model(const ModelScorer& scorer, const OpenScorer& opened,
                       std::uint32_t batch_tokens, int device, int threads) {
  const model::LoadOptions load{
      .precision = scorer.dtype == "fp32" ? model::Precision::fp32 : model::Precision::bf16,
      .device = device,
      .threads = threads};
  scoring::ScoringOptions options = opened.options;
  options.batch_tokens = batch_tokens;
  const std::shared_ptr<model::CausalLanguageModel> loaded =
      model::load_causal_language_model(scorer.path, load);
  require_embeddings_for_all_tokens(scorer, opened, loaded->info());
  return [&opened, loaded, options](const scoring::RowBlock& block) {
    return scoring::score_block({opened.tokenizer, opened.prompt.get(), *loaded, options}, block);
  };
}

}  // namespace winnow::pipeline
