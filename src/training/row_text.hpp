#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "core/partition.hpp"
#include "core/score_status.hpp"
#include "data/prompt_template.hpp"
#include "data/sample.hpp"
#include "tokenizer/tokenizer.hpp"
#include "training/training_row.hpp"

namespace winnow::training {

/// Which tokens of a conversation are learnt.
enum class Learnt {
  answers,      ///< of all its answers, each with what closes it
  last_answer,  ///< of the last one alone
  everything    ///< all but the first token
};

struct RowTextOptions {
  Learnt learnt = Learnt::answers;
  /// The token behind the last answer, in place of what the template would close it by; nothing:
  /// the template's own closing.
  std::optional<tokenizer::TokenId> end_of_text;
  std::uint32_t max_length = std::numeric_limits<std::uint32_t>::max();
};

struct RowText {
  /// `ok`, or why nothing of the row can be learnt: `answer_truncated_away`, `answer_too_short`.
  core::ScoreStatus status = core::ScoreStatus::ok;
  TrainingRow row;
  bool is_cut = false;    ///< to the first max_length tokens
  bool is_empty = false;  ///< the last answer has no token: of it only the end is learnt
};

/// The conversation under its template, as scoring writes it down: a token that holds characters of
/// prompt and answer belongs to the answer.
/// @throws data::TemplateRefused if the template cannot write the row down, core::DataError if the
/// tokenizer cannot encode it
[[nodiscard]] RowText row_text(core::RowId row, const data::Sample& sample,
                               const tokenizer::Tokenizer& tokenizer,
                               const data::PromptTemplate& prompt, const RowTextOptions& options);

}  // namespace winnow::training
