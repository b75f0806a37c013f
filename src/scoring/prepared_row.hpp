#pragma once

#include <cstdint>
#include <vector>

#include "core/score_status.hpp"
#include "data/prompt_template.hpp"
#include "data/sample.hpp"
#include "scoring/answer_span.hpp"
#include "scoring/scoring_options.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::scoring {

/// Tokens that are scored or embedded, or why there are none.
struct WantedSpan {
  TokenSpan tokens;
  core::ScoreStatus status = core::ScoreStatus::not_scored;
  /// One past the last token where the status is ok, else 0.
  [[nodiscard]] std::uint32_t end() const {
    return status == core::ScoreStatus::ok ? tokens.end : 0;
  }
};

/// A text ready for the model: its ids up to the last token that is needed.
struct PreparedText {
  std::vector<std::int32_t> ids;
  WantedSpan answer;
  WantedSpan embedded;  ///< from the first token on
};

/// The texts of a row under its template.
struct PreparedRow {
  PreparedText conditional;
  PreparedText direct;
  WantedSpan instruction;      ///< of the conditional text
  std::uint32_t n_tokens = 0;  ///< of the whole conditional text, before any truncation
};

/// Renders and tokenises a row for what the options ask.
///
/// Where the conditional text is longer than max_length, the direct text is scored for no more
/// tokens than are left of the answer in the conditional text, so that both means are taken over
/// the same part of it (methods.md 1a, 5a). The instruction's tokens are those of the conditional
/// text that end before the answer begins, but the first.
/// @throws data::TemplateRefused if the template cannot write the row down, core::DataError if the
/// tokenizer cannot encode it
[[nodiscard]] PreparedRow prepare_row(const data::Sample& sample,
                                      const tokenizer::Tokenizer& tokenizer,
                                      const data::PromptTemplate& prompt,
                                      const ScoringOptions& options);

}  // namespace winnow::scoring
