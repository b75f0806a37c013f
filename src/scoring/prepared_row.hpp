#pragma once

#include <cstdint>
#include <vector>

#include "core/score_status.hpp"
#include "data/prompt_template.hpp"
#include "data/sample.hpp"
#include "scoring/answer_span.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::scoring {

struct ScoringOptions {
  std::uint32_t max_length =
      2048;  ///< tokens of a text that the model sees; what is past it is cut on the right
  std::uint32_t batch_tokens = 2048;  ///< tokens of one forward pass
  bool direct = true;  ///< also the answer without its prompt (IFD needs it, perplexity does not)
  bool faithful =
      false;  ///< IterIT's spans: prefix up to the last occurrence of the answer, tokenised alone
  bool skip_refused_rows =
      false;  ///< a row that the template cannot write down is `template_refused`, not an error
};

/// A text ready for the model: its ids up to the last scored token, and the positions that are
/// scored; or why none is.
struct PreparedText {
  std::vector<std::int32_t> ids;
  TokenSpan scored;
  core::ScoreStatus status = core::ScoreStatus::not_scored;
};

/// The two texts of a row's IFD.
struct PreparedRow {
  PreparedText conditional;
  PreparedText direct;
  std::uint32_t n_tokens = 0;  ///< of the whole conditional text, before any truncation
};

/// Renders and tokenises a row.
///
/// Where the conditional text is longer than max_length, the direct text is scored for no more
/// tokens than are left of the answer in the conditional text, so that both means are taken over
/// the same part of it (methods.md 1a, 5a).
/// @throws core::DataError if the template cannot write the row down
[[nodiscard]] PreparedRow prepare_row(const data::Sample& sample,
                                      const tokenizer::Tokenizer& tokenizer,
                                      const data::PromptTemplate& prompt,
                                      const ScoringOptions& options);

}  // namespace winnow::scoring
