#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
  std::string system;                           ///< empty: `none`
  std::string dtype = "bf16";                   ///< bf16 | fp32
  std::uint32_t max_length = 0;                 ///< 0: the model's own limit
  std::string max_length_place = "max_length";  ///< where the job says it, for messages
  std::filesystem::path stage;  ///< folder on local disk for a copy of the weights; empty: none
  std::string revision;         ///< the user's own word for what the folder holds; may be empty
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

}  // namespace winnow::pipeline
