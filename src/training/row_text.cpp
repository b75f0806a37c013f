#include "training/row_text.hpp"

#include <algorithm>
#include <utility>

#include "core/checked_cast.hpp"

namespace winnow::training {
namespace {

/// The tokens that hold some of `bytes`. Tokens that the tokenizer added stand at (0, 0).
TokenRange tokens_of(const data::ByteRange& bytes, const tokenizer::Encoding& encoding) {
  const auto count = core::checked_cast<std::uint32_t>(encoding.ids.size());
  TokenRange range;
  while (range.begin < count && encoding.end[range.begin] <= bytes.begin) ++range.begin;
  range.end = range.begin;
  while (range.end < count && encoding.begin[range.end] < bytes.end &&
         encoding.end[range.end] > bytes.begin)
    ++range.end;
  return range;
}

/// What the tokenizer itself puts behind the text gives way to the end that is asked for.
void drop_added_behind(tokenizer::Encoding& encoding) {
  const auto behind =
      std::find_if(encoding.end.rbegin(), encoding.end.rend(), [](std::uint32_t end) {
        return end > 0;
      }).base();
  if (behind != encoding.end.begin())
    encoding.ids.resize(static_cast<std::size_t>(behind - encoding.end.begin()));
}

/// Cuts ranges to the tokens [from, length).
std::vector<TokenRange> cut(const std::vector<TokenRange>& ranges, std::uint32_t length) {
  std::vector<TokenRange> kept;
  std::uint32_t from = 1;
  for (TokenRange range : ranges) {
    range = {std::max(range.begin, from), std::min(range.end, length)};
    if (range.begin >= range.end) continue;
    kept.push_back(range);
    from = range.end;
  }
  return kept;
}

}  // namespace

RowText row_text(core::RowId row, const data::Sample& sample, const tokenizer::Tokenizer& tokenizer,
                 const data::PromptTemplate& prompt, const RowTextOptions& options) {
  data::RenderedText rendered = prompt.render(sample).conditional;
  if (options.end_of_text) rendered.text.resize(rendered.answer_end);
  tokenizer::Encoding encoding =
      tokenizer.encode(rendered.text, prompt.tokenizer_adds_special_tokens());
  drop_added_behind(encoding);
  std::vector<std::int32_t>& ids = encoding.ids;
  std::vector<TokenRange> targets;
  if (options.learnt == Learnt::answers)
    for (const data::ByteRange& answer : rendered.earlier_answers)
      targets.push_back(tokens_of(answer, encoding));
  const TokenRange answer = tokens_of({rendered.answer_begin, rendered.answer_end}, encoding);
  TokenRange last = tokens_of({rendered.answer_begin, rendered.text.size()}, encoding);
  if (options.end_of_text) {
    ids.push_back(*options.end_of_text);
  } else {
    const auto closing = tokenizer.encode(rendered.closing, /*add_special_tokens=*/false).ids;
    ids.insert(ids.end(), closing.begin(), closing.end());
  }
  last.end = core::checked_cast<std::uint32_t>(ids.size());
  if (options.learnt == Learnt::everything) last.begin = 1;
  targets.push_back(last);

  RowText result;
  result.is_empty = answer.begin == answer.end;
  result.is_cut = ids.size() > options.max_length;
  if (result.is_cut) ids.resize(options.max_length);
  result.row = {row, std::move(ids), {}};
  result.row.targets = cut(targets, core::checked_cast<std::uint32_t>(result.row.ids.size()));
  if (result.row.targets.empty())
    result.status = result.is_cut ? core::ScoreStatus::answer_truncated_away
                                  : core::ScoreStatus::answer_too_short;
  return result;
}

}  // namespace winnow::training
