#pragma once

#include "training/row_text.hpp"

namespace winnow::training {

/// The conversation of a pair under its template, with the rejected answer in the place of the
/// chosen one; nothing of the earlier answers is learnt. The status is also `no_common_prompt`,
/// `empty_answer` or `equal_answers`: of one of these and of a side's own reasons the first.
/// @param options  of which `learnt` must be the last answer
/// @throws as row_text
[[nodiscard]] RowText pair_text(core::RowId row, const data::Sample& chosen,
                                const data::Sample& rejected, const tokenizer::Tokenizer& tokenizer,
                                const data::PromptTemplate& prompt, const RowTextOptions& options);

}  // namespace winnow::training
