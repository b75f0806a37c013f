#include "pipeline/model_scorer.hpp"

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::pipeline {

OpenScorer open_scorer(const ModelScorer& scorer, const std::string& join) {
  OpenScorer opened{tokenizer::Tokenizer::load(scorer.path), nullptr};
  const data::TemplateOptions options{scorer.system, join};
  opened.prompt =
      scorer.prompt_template == "auto"
          ? data::template_for_folder(scorer.path, opened.tokenizer.chat_template(), options)
          : data::make_template(scorer.prompt_template, options);
  return opened;
}

std::uint32_t effective_max_length(const ModelScorer& scorer, std::uint32_t model_positions) {
  if (scorer.max_length == 0) return model_positions;
  if (scorer.max_length > model_positions)
    throw core::UsageError(fmt::format("model.max_length: {}, but {} takes at most {} tokens",
                                       scorer.max_length, scorer.path.string(), model_positions));
  return scorer.max_length;
}

std::unique_ptr<model::CausalLanguageModel> open_model(const ModelScorer& scorer,
                                                       const OpenScorer& opened, int device,
                                                       int threads) {
  model::LoadOptions options;
  options.precision = scorer.dtype == "fp32" ? model::Precision::fp32 : model::Precision::bf16;
  options.device = device;
  options.threads = threads;
  auto loaded = model::load_causal_language_model(scorer.path, options);
  if (opened.tokenizer.vocabulary_size() > loaded->info().vocabulary_size)
    throw core::ModelError(fmt::format(
        "{}: tokenizer.json has {} tokens, the model's embedding {} rows: expected at least as "
        "many",
        scorer.path.string(), opened.tokenizer.vocabulary_size(), loaded->info().vocabulary_size));
  return loaded;
}

}  // namespace winnow::pipeline
