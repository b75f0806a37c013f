#include "scoring/generate_block.hpp"

#include <fmt/format.h>

#include "core/checked_cast.hpp"
#include "core/error.hpp"
#include "scoring/answer_text.hpp"

namespace winnow::scoring {
namespace {

ReplyEnd end_of(model::Finish finish) {
  switch (finish) {
    case model::Finish::stop_id:
      return ReplyEnd::stop_id;
    case model::Finish::stop_text:
      return ReplyEnd::stop_string;
    case model::Finish::max_new:
      return ReplyEnd::max_new_tokens;
    case model::Finish::max_length:
      return ReplyEnd::max_length;
    case model::Finish::non_finite:
      break;
  }
  throw core::InternalError("broken invariant: an answer of no numbers has no end");
}

/// The prompts of a block that can be answered.
struct Prompts {
  std::vector<std::vector<std::int32_t>> ids;
  std::vector<std::size_t> rows;  ///< their places in the block
};

Prompts prepare(core::RowId first_row, std::span<const std::optional<data::Sample>> rows,
                const tokenizer::Tokenizer& tokenizer, const data::PromptTemplate& prompt,
                const ReplyOptions& options, std::vector<Reply>& replies) {
  Prompts prompts;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Reply& reply = replies[i];
    if (!rows[i]) {
      reply.status = ReplyStatus::bad_row;
      continue;
    }
    try {
      auto ids =
          tokenizer.encode(prompt.render_prompt(*rows[i]), prompt.tokenizer_adds_special_tokens())
              .ids;
      reply.prompt_tokens = core::checked_cast<std::uint32_t>(ids.size());
      if (ids.empty()) {
        reply.status = ReplyStatus::empty_prompt;
      } else if (ids.size() >= options.generation.max_length) {
        reply.status = ReplyStatus::prompt_too_long;
      } else {
        prompts.ids.push_back(std::move(ids));
        prompts.rows.push_back(i);
      }
    } catch (const core::DataError& error) {
      if (!options.skip_refused_rows)
        throw core::DataError(fmt::format("row {}: {}", first_row + i, error.what()));
      reply.status = ReplyStatus::template_refused;
    }
  }
  return prompts;
}

}  // namespace

GeneratedBlock generate_block(std::uint64_t block, core::RowId first_row,
                              std::span<const std::optional<data::Sample>> rows,
                              const tokenizer::Tokenizer& tokenizer,
                              const data::PromptTemplate& prompt, model::IncrementalModel& model,
                              const ReplyOptions& options) {
  GeneratedBlock result;
  result.replies.block = block;
  result.replies.rows.resize(rows.size());
  const Prompts prompts = prepare(first_row, rows, tokenizer, prompt, options, result.replies.rows);
  std::vector<model::GenerationPrompt> asked;
  for (std::size_t i = 0; i < prompts.ids.size(); ++i)
    asked.push_back({prompts.ids[i], first_row + prompts.rows[i]});
  const auto is_complete = [&](std::size_t, std::span<const std::int32_t> ids) {
    return holds_stop_string(tokenizer, ids, options.stop_strings);
  };
  const std::vector<model::Generated> answers =
      model::generate(model, asked, options.generation, is_complete);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    Reply& reply = result.replies.rows[prompts.rows[i]];
    result.cost.prompt_tokens += prompts.ids[i].size();
    result.cost.new_tokens += answers[i].ids.size();
    if (answers[i].finish == model::Finish::non_finite) {
      reply.status = ReplyStatus::non_finite;
      continue;
    }
    reply.end = end_of(answers[i].finish);
    AnswerText answer = answer_text(tokenizer, answers[i].ids, options.stop_strings);
    reply.text = std::move(answer.text);
    reply.ids = std::move(answer.ids);
  }
  return result;
}

}  // namespace winnow::scoring
