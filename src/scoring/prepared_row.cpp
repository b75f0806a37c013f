#include "scoring/prepared_row.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "core/checked_cast.hpp"
#include "data/prompt_template_iterit.hpp"

namespace winnow::scoring {
namespace {

using core::ScoreStatus;

constexpr std::uint32_t kUnlimited = std::numeric_limits<std::uint32_t>::max();

/// Cuts a span to the first `length` tokens and to `max_scored` of them; a first token has no
/// predecessor and so no loss.
WantedSpan cut_span(TokenSpan span, std::uint32_t length, std::uint32_t max_scored) {
  if (span.begin >= length && span.size() > 0) return {{}, ScoreStatus::answer_truncated_away};
  span.begin = std::max(span.begin, 1U);
  span.end = std::min(span.end, length);
  if (span.begin >= span.end) return {{}, ScoreStatus::answer_too_short};
  span.end = std::min(span.end, span.begin + std::min(max_scored, span.size()));
  return {span, ScoreStatus::ok};
}

std::uint32_t count(const std::vector<std::int32_t>& ids) {
  return core::checked_cast<std::uint32_t>(ids.size());
}

/// A row on its way to being prepared.
class Preparation {
 public:
  Preparation(const data::Sample& sample, const tokenizer::Tokenizer& tokenizer,
              const data::PromptTemplate& prompt, const ScoringOptions& options)
      : sample_(sample),
        tokenizer_(tokenizer),
        options_(options),
        specials_(prompt.tokenizer_adds_special_tokens()),
        texts_(prompt.render(sample)),
        conditional_(tokenizer.encode(texts_.conditional.text, specials_)) {
    row_.n_tokens = count(conditional_.ids);
    has_answer_ = !sample.output.empty() && (options.faithful || texts_.conditional.answer_begin !=
                                                                     texts_.conditional.answer_end);
  }

  PreparedRow prepare() && {
    if (options_.answer) span_answer();
    if (options_.instruction) span_instruction();
    if (options_.embedding) span_embedding(options_.embedding->text);
    keep_needed(row_.conditional, std::move(conditional_.ids), row_.instruction.end());
    if (direct_) keep_needed(row_.direct, std::move(direct_->ids), 0);
    return std::move(row_);
  }

 private:
  void span_answer() {
    if (!has_answer_) {
      row_.conditional.answer.status = row_.direct.answer.status = ScoreStatus::empty_answer;
      return;
    }
    const std::uint32_t length = std::min(row_.n_tokens, options_.max_length);
    const bool is_cut = row_.n_tokens > length;
    WantedSpan& span = row_.conditional.answer;
    std::uint32_t max_direct = kUnlimited;
    if (options_.faithful) {
      const std::uint32_t begin = iterit_begin(texts_.conditional);
      span.status = is_cut ? ScoreStatus::answer_truncated_away : ScoreStatus::answer_too_short;
      if (begin < length) span = cut_span({begin, length}, length, kUnlimited);
      max_direct = span.tokens.size();
    } else {
      span = cut_span(answer_span(texts_.conditional, conditional_), length, kUnlimited);
      if (is_cut && span.status == ScoreStatus::ok) max_direct = span.tokens.size();
    }
    if (!options_.direct) return;
    if (options_.faithful && span.status != ScoreStatus::ok)
      row_.direct.answer.status = span.status;
    else
      span_direct(max_direct);
  }

  void span_direct(std::uint32_t max_scored) {
    const std::uint32_t length = std::min(count(direct().ids), options_.max_length);
    TokenSpan span = answer_span(texts_.direct, direct());
    if (options_.faithful) span = {std::min(iterit_begin(texts_.direct), length), length};
    row_.direct.answer = cut_span(span, length, max_scored);
  }

  void span_instruction() {
    const std::uint32_t length = std::min(row_.n_tokens, options_.max_length);
    row_.instruction = cut_span({1, std::max(tokens_before_answer(), 1U)}, length, kUnlimited);
  }

  void span_embedding(EmbeddedText text) {
    if (text == EmbeddedText::instruction) return embed(row_.conditional, tokens_before_answer());
    if (text == EmbeddedText::all) {
      close(conditional_.ids, texts_.conditional);
      return embed(row_.conditional, count(conditional_.ids));
    }
    if (has_answer_) {
      close(direct().ids, texts_.direct);
      embed(row_.direct, count(direct().ids));
    } else {
      row_.direct.embedded.status = ScoreStatus::empty_answer;
    }
  }

  void embed(PreparedText& text, std::uint32_t tokens) const {
    const std::uint32_t kept = std::min(tokens, options_.max_length);
    text.embedded = {{0, kept}, kept > 0 ? ScoreStatus::ok : ScoreStatus::empty_answer};
  }

  void close(std::vector<std::int32_t>& ids, const data::RenderedText& text) const {
    const auto closing = tokenizer_.encode(text.closing, /*add_special_tokens=*/false).ids;
    ids.insert(ids.end(), closing.begin(), closing.end());
  }

  [[nodiscard]] std::uint32_t tokens_before_answer() const {
    std::uint32_t before = 0;
    while (before < row_.n_tokens && conditional_.end[before] <= texts_.conditional.answer_begin)
      ++before;
    return before;
  }

  /// Where IterIT's span starts: as many tokens as the text before the last occurrence of the
  /// answer has on its own.
  [[nodiscard]] std::uint32_t iterit_begin(const data::RenderedText& rendered) const {
    const auto prefix = data::iterit_prefix(rendered.text, sample_.output);
    return count(tokenizer_.encode(prefix, specials_).ids);
  }

  tokenizer::Encoding& direct() {
    if (!direct_) direct_ = tokenizer_.encode(texts_.direct.text, specials_);
    return *direct_;
  }

  /// Attention is causal: nothing after the last token that somebody needs matters.
  static void keep_needed(PreparedText& text, std::vector<std::int32_t> ids,
                          std::uint32_t also_needed) {
    ids.resize(std::max({text.answer.end(), text.embedded.end(), also_needed}));
    text.ids = std::move(ids);
  }

  const data::Sample& sample_;
  const tokenizer::Tokenizer& tokenizer_;
  const ScoringOptions& options_;
  bool specials_;
  data::RenderedPair texts_;
  tokenizer::Encoding conditional_;
  std::optional<tokenizer::Encoding> direct_;
  bool has_answer_ = false;
  PreparedRow row_;
};

}  // namespace

PreparedRow prepare_row(const data::Sample& sample, const tokenizer::Tokenizer& tokenizer,
                        const data::PromptTemplate& prompt, const ScoringOptions& options) {
  return Preparation(sample, tokenizer, prompt, options).prepare();
}

}  // namespace winnow::scoring
