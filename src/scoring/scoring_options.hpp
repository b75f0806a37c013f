#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/language_model.hpp"

namespace winnow::scoring {

/// Which part of a row is embedded. In a causal model's template: the conditional text, its part
/// before the answer, or the direct text; in an encoder: instruction, input and answer on lines of
/// their own, or the first or the last of them alone.
enum class EmbeddedText { all, instruction, response };

struct EmbeddingOptions {
  EmbeddedText text = EmbeddedText::all;
  model::Pooling pooling = model::Pooling::last_token;  ///< of a causal model
  bool normalize = false;                               ///< to a length of 1
  bool half = false;                                    ///< stored as float16
};

/// What is asked of a model about every row, and within which limits.
struct ScoringOptions {
  std::uint32_t max_length =
      2048;  ///< tokens of a text that the model sees; what is past it is cut on the right
  std::uint32_t batch_tokens = 2048;  ///< tokens of one forward pass
  bool count_tokens = true;           ///< the conditional text's length
  bool answer = true;                 ///< loss of the answer after its prompt
  bool direct = true;        ///< also of the answer without it (IFD needs it, perplexity does not)
  bool instruction = false;  ///< loss of what stands before the answer
  std::optional<EmbeddingOptions> embedding;
  bool evol_complexity = false;    ///< Deita's score of each user turn
  bool evol_quality = false;       ///< Deita's score of each reply
  std::string join = "\nInput: ";  ///< between instruction and input of a user turn that Deita's
                                   ///< scorers see
  bool faithful =
      false;  ///< IterIT's spans: prefix up to the last occurrence of the answer, tokenised alone
  bool skip_refused_rows =
      false;  ///< a row that the template cannot write down is `template_refused`, not an error
};

/// True if some of it is about the row as the prompt template writes it down.
[[nodiscard]] inline bool needs_template(const ScoringOptions& options) {
  return options.count_tokens || options.answer || options.instruction || options.embedding;
}

}  // namespace winnow::scoring
