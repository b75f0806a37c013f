#include "pipeline/model_scorer.hpp"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "model/model_config.hpp"
#include "model/sentence_transformer.hpp"
#include "pipeline/generator.hpp"
#include "pipeline/model_loading.hpp"
#include "scoring/embed_block.hpp"

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

const char* name_of(model::SentencePooling pooling) {
  switch (pooling) {
    case model::SentencePooling::first_token:
      return "first_token";
    case model::SentencePooling::last_token:
      return "last_token";
    case model::SentencePooling::mean:
      return "mean";
    case model::SentencePooling::maximum:
      return "maximum";
  }
  return "";
}

std::string describe(const EmbeddingJob& job, std::string_view pooling, bool is_scaled) {
  return fmt::format("text {}, pooling {}, {}, {}", job.text, pooling,
                     is_scaled ? "scaled to length 1" : "not scaled", job.dtype);
}

void open_encoder(const ModelScorer& scorer, OpenScorer& opened) {
  const std::string folder = scorer.path.string();
  for (const std::string& score : scorer.scores)
    if (score != "embedding")
      throw core::UsageError(fmt::format(
          "score: {} holds an encoder, which gives embedding, found {}", folder, score));
  if (scorer.embedding.pooling || scorer.embedding.normalize)
    throw core::UsageError(
        fmt::format("embedding: {} holds an encoder, which states its pooling and scaling itself: "
                    "expected neither pooling nor normalize",
                    folder));
  const model::SentenceTransformer sentence = model::read_sentence_transformer(scorer.path);
  opened.options.max_length = max_length_of(scorer, sentence.max_positions);
  opened.embedding = describe(scorer.embedding, name_of(sentence.pooling), sentence.normalizes);
}

void open_decoder(const ModelScorer& scorer, const Job& job, OpenScorer& opened) {
  opened.options.max_length =
      max_length_of(scorer, model::read_decoder_config(scorer.path).max_positions);
  if (opened.options.embedding)
    opened.embedding = describe(scorer.embedding, scorer.embedding.pooling.value_or("last_token"),
                                opened.options.embedding->normalize);
  if (!scoring::needs_template(opened.options)) return;
  opened.prompt = open_prompt(scorer, opened.tokenizer, job.join);
}

/// @throws core::UsageError naming the key that decides how a row is written down, where nothing
/// asks for that.
void refuse_template_keys(const ModelScorer& scorer) {
  const auto refuse = [&](const char* key) {
    throw core::UsageError(fmt::format(
        "{}: {}: decides how a prompt template writes rows down, and no score of this scorer uses "
        "one: expected no such key",
        scorer.path.string(), key));
  };
  if (scorer.prompt_template != "auto") refuse("template");
  if (!scorer.system.empty()) refuse("system");
  if (scorer.faithful) refuse("faithful");
}

OpenScorer open_tagger(const ModelScorer& scorer, const Job& job) {
  if (scorer.faithful)
    throw core::UsageError(fmt::format(
        "{}: faithful: decides how answers are scored, and tags are asked for: expected "
        "no such key",
        scorer.path.string()));
  Generator generator = open_generator(scorer, job.join);
  OpenScorer opened{std::move(generator.tokenizer),
                    std::move(generator.prompt),
                    model::ModelKind::causal_language_model,
                    scoring_options(scorer, job),
                    {}};
  opened.options.max_length = generator.max_length;
  scoring::TagOptions& tags = opened.tags.emplace();
  tags.prompt = scoring::tag_prompt_named(scorer.tags.prompt);
  tags.join = job.join;
  tags.replies.generation.max_new_tokens = scorer.tags.max_new_tokens;
  tags.replies.generation.max_length = generator.max_length;
  tags.replies.generation.stop_ids = std::move(generator.stop_ids);
  tags.replies.skip_refused_rows = job.data.skip_bad_rows;
  return opened;
}

BlockScorer open_tagging_model(const ModelScorer& scorer, const OpenScorer& opened,
                               std::uint32_t batch_tokens, const model::LoadOptions& load) {
  const std::shared_ptr<model::IncrementalModel> model =
      model::load_incremental_model(scorer.path, load);
  require_embeddings_for_all_tokens(scorer.path, opened.tokenizer, model->info());
  scoring::TagOptions options = *opened.tags;
  options.replies.generation.batch_tokens = batch_tokens;
  options.replies.generation.cache_tokens = kCachedPasses * batch_tokens;
  return {
      [&opened, model, options](const scoring::RowBlock& block) {
        return scoring::prepare_tags({opened.tokenizer, *opened.prompt, *model, options}, block);
      },
      {}};
}

}  // namespace

OpenScorer open_scorer(const ModelScorer& scorer, const Job& job) {
  const model::ModelKind kind = model::kind_of_model(scorer.path);
  if (asks_for(scorer, "tags") && kind == model::ModelKind::causal_language_model)
    return open_tagger(scorer, job);
  OpenScorer opened{
      tokenizer::Tokenizer::load(scorer.path), nullptr, kind, scoring_options(scorer, job), {}};
  if (opened.kind == model::ModelKind::text_encoder)
    open_encoder(scorer, opened);
  else
    open_decoder(scorer, job, opened);
  if (!opened.prompt) refuse_template_keys(scorer);
  return opened;
}

BlockScorer open_model(const ModelScorer& scorer, const OpenScorer& opened,
                       std::uint32_t batch_tokens, const model::LoadOptions& load) {
  if (opened.tags) return open_tagging_model(scorer, opened, batch_tokens, load);
  scoring::ScoringOptions options = opened.options;
  options.batch_tokens = batch_tokens;
  if (opened.kind == model::ModelKind::text_encoder) {
    const std::shared_ptr<model::TextEncoder> encoder = model::load_text_encoder(scorer.path, load);
    require_embeddings_for_all_tokens(scorer.path, opened.tokenizer, encoder->info());
    return {[&opened, encoder, options](const scoring::RowBlock& block) {
              return scoring::prepare_embeddings({opened.tokenizer, *encoder, options}, block);
            },
            [encoder] { return encoder->times(); }};
  }
  std::shared_ptr<model::CausalLanguageModel> decoder =
      model::load_causal_language_model(scorer.path, load);
  require_embeddings_for_all_tokens(scorer.path, opened.tokenizer, decoder->info());
  return scorer_of(std::move(decoder), opened, batch_tokens);
}

BlockScorer scorer_of(std::shared_ptr<model::CausalLanguageModel> decoder, const OpenScorer& opened,
                      std::uint32_t batch_tokens) {
  scoring::ScoringOptions options = opened.options;
  options.batch_tokens = batch_tokens;
  return {[&opened, decoder, options](const scoring::RowBlock& block) {
            return scoring::prepare_scores(
                {opened.tokenizer, opened.prompt.get(), *decoder, options}, block);
          },
          [decoder] { return decoder->times(); }};
}

}  // namespace winnow::pipeline
