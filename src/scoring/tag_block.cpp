#include "scoring/tag_block.hpp"

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

}  // namespace

ScoredBlock tag_block(const RowTagger& tagger, const RowBlock& block) {
  std::vector<data::Sample> prompts;
  std::vector<std::uint32_t> turns_of_rows;
  std::vector<AskedSample> asked;
  for (const std::optional<data::Sample>& row : block.rows) {
    const std::size_t before = prompts.size();
    if (row)
      for (const UserTurn& turn : user_turns(*row, tagger.options.join))
        prompts.emplace_back().instruction = tagger.options.prompt(turn.query);
    turns_of_rows.push_back(static_cast<std::uint32_t>(prompts.size() - before));
    asked.resize(prompts.size(), {block.first_row + turns_of_rows.size() - 1, nullptr});
  }
  for (std::size_t turn = 0; turn < prompts.size(); ++turn) asked[turn].sample = &prompts[turn];
  AnsweredSamples answered = answer_samples(
      {tagger.tokenizer, tagger.prompt, tagger.model, tagger.options.replies}, asked);

  ScoredBlock result;
  result.tokens = answered.cost.prompt_tokens + answered.cost.new_tokens;
  result.scores.block = block.block;
  result.scores.content = block.content;
  Table& rows = result.scores.rows;
  rows.rows = block.rows.size();
  rows.add<std::uint32_t>("scored_turns") = std::move(turns_of_rows);
  Table& turns = result.scores.turns;
  turns.rows = prompts.size();
  std::vector<std::string> texts;
  std::vector<ScoreStatus> statuses;
  for (Reply& reply : answered.replies) {
    texts.push_back(std::move(reply.text));
    statuses.push_back(status_of(reply.status));
  }
  turns.add<std::string>("reply") = std::move(texts);
  turns.add<ScoreStatus>("status_reply") = std::move(statuses);
  return result;
}

}  // namespace winnow::scoring
