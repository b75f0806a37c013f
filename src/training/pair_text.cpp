#include "training/pair_text.hpp"

#include <utility>

#include "core/error.hpp"

namespace winnow::training {
namespace {

using core::ScoreStatus;

bool have_common_prompt(const data::Sample& a, const data::Sample& b) {
  return a.system == b.system && a.history == b.history && a.instruction == b.instruction &&
         a.input == b.input;
}

}  // namespace

RowText pair_text(core::RowId row, const data::Sample& chosen, const data::Sample& rejected,
                  const tokenizer::Tokenizer& tokenizer, const data::PromptTemplate& prompt,
                  const RowTextOptions& options) {
  core::check(options.learnt == Learnt::last_answer, "of a pair the last answers are learnt");
  const auto refused = [&](ScoreStatus status) { return RowText{status, {row, {}, {}}}; };
  if (!have_common_prompt(chosen, rejected)) return refused(ScoreStatus::no_common_prompt);
  if (chosen.output.empty() || rejected.output.empty()) return refused(ScoreStatus::empty_answer);
  RowText text = row_text(row, chosen, tokenizer, prompt, options);
  RowText other = row_text(row, rejected, tokenizer, prompt, options);
  text.is_cut = text.is_cut || other.is_cut;
  if (text.status == ScoreStatus::ok) text.status = other.status;
  if (text.status == ScoreStatus::ok && text.row.ids == other.row.ids)
    text.status = ScoreStatus::equal_answers;
  if (text.status == ScoreStatus::ok)
    text.row.rejected = {std::move(other.row.ids), other.row.targets.front(), {}};
  return text;
}

}  // namespace winnow::training
