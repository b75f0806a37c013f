#include "scoring/answer_samples.hpp"

#include <span>
#include <utility>

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

}  // namespace

void SampleAnswers::add_bad_row() { result_.replies.emplace_back().status = ReplyStatus::bad_row; }

void SampleAnswers::add(core::RowId row, const data::Sample& sample) {
  const std::size_t place = result_.replies.size();
  Reply& reply = result_.replies.emplace_back();
  const data::PromptTemplate& prompt = answerer_.prompt;
  try {
    auto ids = answerer_.tokenizer
                   .encode(prompt.render_prompt(sample), prompt.tokenizer_adds_special_tokens())
                   .ids;
    reply.prompt_tokens = core::checked_cast<std::uint32_t>(ids.size());
    if (ids.empty())
      reply.status = ReplyStatus::empty_prompt;
    else if (ids.size() >= answerer_.options.generation.max_length)
      reply.status = ReplyStatus::prompt_too_long;
    else
      prompts_.push_back({std::move(ids), row, place});
  } catch (const data::TemplateRefused& error) {
    if (!answerer_.options.skip_refused_rows)
      throw core::DataError(fmt::format("row {}: {}", row, error.what()));
    reply.status = ReplyStatus::template_refused;
  } catch (const core::DataError& error) {
    throw core::DataError(fmt::format("row {}: {}", row, error.what()));
  }
}

AnsweredSamples SampleAnswers::run() {
  std::vector<model::GenerationPrompt> asked;
  for (const Prompt& prompt : prompts_) asked.push_back({prompt.ids, prompt.row});
  const std::vector<std::string>& stops = answerer_.options.stop_strings;
  const auto is_complete = [&](std::size_t, std::span<const std::int32_t> ids) {
    return holds_stop_string(answerer_.tokenizer, ids, stops);
  };
  const std::vector<model::Generated> answers =
      model::generate(answerer_.model, asked, answerer_.options.generation, is_complete);
  for (std::size_t i = 0; i < answers.size(); ++i) take(prompts_[i], answers[i]);
  return std::move(result_);
}

void SampleAnswers::take(const Prompt& prompt, const model::Generated& generated) {
  Reply& reply = result_.replies[prompt.place];
  result_.cost.prompt_tokens += prompt.ids.size();
  result_.cost.new_tokens += generated.ids.size();
  if (generated.finish == model::Finish::non_finite) {
    reply.status = ReplyStatus::non_finite;
    return;
  }
  reply.end = end_of(generated.finish);
  AnswerText answer =
      answer_text(answerer_.tokenizer, generated.ids, answerer_.options.stop_strings);
  reply.text = std::move(answer.text);
  reply.ids = std::move(answer.ids);
}

}  // namespace winnow::scoring
