#include "scoring/tag_block.hpp"

#include <memory>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "scoring/evol_score.hpp"

namespace winnow::scoring {
namespace {

using core::ScoreStatus;

ScoreStatus status_of(ReplyStatus status) {
  switch (status) {
    case ReplyStatus::ok:
      return ScoreStatus::ok;
    case ReplyStatus::template_refused:
      return ScoreStatus::template_refused;
    case ReplyStatus::empty_prompt:
      return ScoreStatus::unreadable_reply;
    case ReplyStatus::prompt_too_long:
      return ScoreStatus::text_too_long;
    case ReplyStatus::non_finite:
      return ScoreStatus::non_finite;
    case ReplyStatus::bad_row:
      break;
  }
  throw core::InternalError("broken invariant: a bad row has no user turn");
}

ScoredBlock scored(const BlockHeader& header, std::vector<std::uint32_t> turns_of_rows,
                   AnsweredSamples answered) {
  ScoredBlock result;
  result.tokens = answered.cost.prompt_tokens + answered.cost.new_tokens;
  result.scores.header = header;
  Table& rows = result.scores.rows;
  rows.rows = turns_of_rows.size();
  rows.add<std::uint32_t>("scored_turns") = std::move(turns_of_rows);
  std::vector<std::string> texts;
  std::vector<ScoreStatus> statuses;
  for (Reply& reply : answered.replies) {
    texts.push_back(std::move(reply.text));
    statuses.push_back(status_of(reply.status));
  }
  Table& turns = result.scores.turns;
  turns.rows = texts.size();
  turns.add<std::string>("reply") = std::move(texts);
  turns.add<ScoreStatus>("status_reply") = std::move(statuses);
  return result;
}

}  // namespace

ScoringWork prepare_tags(const RowTagger& tagger, const RowBlock& block) {
  const auto answers = std::make_shared<SampleAnswers>(
      RowAnswerer{tagger.tokenizer, tagger.prompt, tagger.model, tagger.options.replies});
  std::vector<std::uint32_t> turns_of_rows(block.rows.size());
  for (std::size_t row = 0; row < block.rows.size(); ++row) {
    if (!block.rows[row]) continue;
    for (const UserTurn& turn : user_turns(*block.rows[row], tagger.options.join)) {
      data::Sample sample;
      sample.instruction = tagger.options.prompt(turn.query);
      answers->add(block.first_row + row, sample);
      ++turns_of_rows[row];
    }
  }
  return [answers, header = block.header, turns = std::move(turns_of_rows)] {
    return scored(header, turns, answers->run());
  };
}

}  // namespace winnow::scoring
