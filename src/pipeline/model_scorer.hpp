#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "data/prompt_template.hpp"
#include "model/text_encoder.hpp"
#include "pipeline/job.hpp"
#include "scoring/score_block.hpp"
#include "scoring/tag_block.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::pipeline {

/// What of a model folder prepares rows: the model itself is opened when rows are left to score.
struct OpenScorer {
  tokenizer::Tokenizer tokenizer;
  std::unique_ptr<data::PromptTemplate> prompt;  ///< nullptr where no score needs one
  model::ModelKind kind = model::ModelKind::causal_language_model;
  scoring::ScoringOptions options;  ///< batch_tokens is the caller's to set
  /// How rows are embedded, in words: part of the row, pooling, scaling, type. Empty where no
  /// embedding is asked for.
  std::string embedding;
  /// How tags are asked for, where they are; batches are the caller's to set.
  std::optional<scoring::TagOptions> tags = {};
};

/// @throws core::ModelError, core::UsageError: no tokenizer, unknown template, max_length above the
/// model's, scores that such a model does not give.
[[nodiscard]] OpenScorer open_scorer(const ModelScorer& scorer, const Job& job);

/// A model that scores blocks. Blocks may be prepared on another thread than the work's.
struct BlockScorer {
  std::function<scoring::ScoringWork(const scoring::RowBlock&)> prepare;
  std::function<model::PassTimes()> times;  ///< empty where the model does not tell
};

/// A decoder that is in memory already.
[[nodiscard]] BlockScorer scorer_of(std::shared_ptr<model::CausalLanguageModel> decoder,
                                    const OpenScorer& opened, std::uint32_t batch_tokens);

/// Loads the model. `opened` must outlive what is returned.
/// @throws core::ModelError also if the tokenizer has more tokens than the model's embedding.
[[nodiscard]] BlockScorer open_model(const ModelScorer& scorer, const OpenScorer& opened,
                                     std::uint32_t batch_tokens, const model::LoadOptions& load);

}  // namespace winnow::pipeline
