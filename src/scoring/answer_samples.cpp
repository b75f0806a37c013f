#include "scoring/answer_samples.hpp"

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

/// The prompts that can be answered.
struct Prompts {
  std::vector<std::vector<std::int32_t>> ids;
  std::vector<std::size_t> samples;  ///< which they are of
};

Prompts prepare(const Answerer& answerer, std::span<const AskedSample> samples,
                std::vector<Reply>& replies) {
  Prompts prompts;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    Reply& reply = replies[i];
    if (samples[i].sample == nullptr) {
      reply.status = ReplyStatus::bad_row;
      continue;
    }
    try {
      auto ids = answerer.tokenizer
                     .encode(answerer.prompt.render_prompt(*samples[i].sample),
                             answerer.prompt.tokenizer_adds_special_tokens())
                     .ids;
      reply.prompt_tokens = core::checked_cast<std::uint32_t>(ids.size());
      if (ids.empty()) {
        reply.status = ReplyStatus::empty_prompt;
      } else if (ids.size() >= answerer.options.generation.max_length) {
        reply.status = ReplyStatus::prompt_too_long;
      } else {
        prompts.ids.push_back(std::move(ids));
        prompts.samples.push_back(i);
      }
    } catch (const core::DataError& error) {
      if (!answerer.options.skip_refused_rows)
        throw core::DataError(fmt::format("row {}: {}", samples[i].row, error.what()));
      reply.status = ReplyStatus::template_refused;
    }
  }
  return prompts;
}

}  // namespace

AnsweredSamples answer_samples(const Answerer& answerer, std::span<const AskedSample> samples) {
  const ReplyOptions& options = answerer.options;
  AnsweredSamples result;
  result.replies.resize(samples.size());
  const Prompts prompts = prepare(answerer, samples, result.replies);
  std::vector<model::GenerationPrompt> asked;
  for (std::size_t i = 0; i < prompts.ids.size(); ++i)
    asked.push_back({prompts.ids[i], samples[prompts.samples[i]].row});
  const auto is_complete = [&](std::size_t, std::span<const std::int32_t> ids) {
    return holds_stop_string(answerer.tokenizer, ids, options.stop_strings);
  };
  const std::vector<model::Generated> answers =
      model::generate(answerer.model, asked, options.generation, is_complete);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    Reply& reply = result.replies[prompts.samples[i]];
    result.cost.prompt_tokens += prompts.ids[i].size();
    result.cost.new_tokens += answers[i].ids.size();
    if (answers[i].finish == model::Finish::non_finite) {
      reply.status = ReplyStatus::non_finite;
      continue;
    }
    reply.end = end_of(answers[i].finish);
    AnswerText answer = answer_text(answerer.tokenizer, answers[i].ids, options.stop_strings);
    reply.text = std::move(answer.text);
    reply.ids = std::move(answer.ids);
  }
  return result;
}

}  // namespace winnow::scoring
