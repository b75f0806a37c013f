#include "model/generation.hpp"

#include <algorithm>
#include <deque>
#include <limits>
#include <optional>

#include <nlohmann/json.hpp>

#include "core/checked_cast.hpp"
#include "core/error.hpp"
#include "model/config_fields.hpp"
#include "model/json_file.hpp"

namespace winnow::model {
namespace {

/// A sequence under way.
struct Sequence {
  std::size_t prompt = 0;
  SequenceSlot slot = 0;
  std::vector<std::int32_t> ids;  ///< prompt and answer
  std::size_t most_ids = 0;
  bool is_finished = false;
};

class Schedule {
 public:
  Schedule(IncrementalModel& model, std::span<const GenerationPrompt> prompts,
           const GenerationOptions& options, const StopTest& is_complete)
      : model_(model),
        prompts_(prompts),
        options_(options),
        is_complete_(is_complete),
        answers_(prompts.size()) {}

  std::vector<Generated> run() {
    while (admit() || !active_.empty()) {
      std::vector<NextToken> tokens;
      for (const Sequence& sequence : active_)
        tokens.push_back({sequence.slot, sequence.ids.back()});
      if (tokens.empty()) continue;
      choose(active_, model_.step(tokens));
      leave(active_);
    }
    return std::move(answers_);
  }

 private:
  [[nodiscard]] std::size_t most_ids(const GenerationPrompt& prompt) const {
    return std::min<std::size_t>(prompt.ids.size() + options_.max_new_tokens, options_.max_length);
  }

  /// Lets prompts in as long as there is room, and gives each its first token; true if one came.
  bool admit() {
    std::vector<Sequence> newcomers;
    std::size_t tokens = 0;
    const auto take_in = [&] {
      std::vector<NewSequence> begun;
      for (const Sequence& sequence : newcomers)
        begun.push_back(
            {sequence.slot, sequence.ids, core::checked_cast<std::uint32_t>(sequence.most_ids)});
      choose(newcomers, model_.begin(begun));
      leave(newcomers);
      for (Sequence& sequence : newcomers) active_.push_back(std::move(sequence));
      newcomers.clear();
      tokens = 0;
    };
    bool has_come = false;
    while (next_ < prompts_.size()) {
      const GenerationPrompt& prompt = prompts_[next_];
      core::check(!prompt.ids.empty() && prompt.ids.size() < options_.max_length,
                  "a prompt has tokens and leaves room for an answer");
      const std::size_t room = most_ids(prompt);
      const bool is_alone = active_.empty() && newcomers.empty();
      if (!is_alone && reserved_ + room > options_.cache_tokens) break;
      if (!newcomers.empty() && tokens + prompt.ids.size() > options_.batch_tokens) take_in();
      reserved_ += room;
      tokens += prompt.ids.size();
      newcomers.push_back(
          {next_++, free_slot(), {prompt.ids.begin(), prompt.ids.end()}, room, false});
      has_come = true;
    }
    if (!newcomers.empty()) take_in();
    return has_come;
  }

  SequenceSlot free_slot() {
    if (free_slots_.empty()) return slots_++;
    const SequenceSlot slot = free_slots_.front();
    free_slots_.pop_front();
    return slot;
  }

  /// The next token of each sequence, or its end. `logits` [sequences, vocabulary]
  void choose(std::vector<Sequence>& sequences, std::span<float> logits) {
    const std::size_t width = model_.info().vocabulary_size;
    core::check(logits.size() == sequences.size() * width, "one row of logits for each sequence");
    for (std::size_t i = 0; i < sequences.size(); ++i)
      choose(sequences[i], logits.subspan(i * width, width));
  }

  void choose(Sequence& sequence, std::span<float> logits) {
    const GenerationPrompt& prompt = prompts_[sequence.prompt];
    const std::size_t step = sequence.ids.size() - prompt.ids.size();
    const double uniform = sampling_number(options_.seed, prompt.row, step);
    const auto id = next_token(logits, sequence.ids, options_.sampling, uniform);
    if (!id) return finish(sequence, Finish::non_finite);
    if (std::ranges::find(options_.stop_ids, *id) != options_.stop_ids.end())
      return finish(sequence, Finish::stop_id);
    sequence.ids.push_back(*id);
    if (is_complete_(sequence.prompt, answer(sequence))) return finish(sequence, Finish::stop_text);
    if (step + 1 == options_.max_new_tokens) return finish(sequence, Finish::max_new);
    if (sequence.ids.size() == sequence.most_ids) finish(sequence, Finish::max_length);
  }

  [[nodiscard]] std::span<const std::int32_t> answer(const Sequence& sequence) const {
    return std::span(sequence.ids).subspan(prompts_[sequence.prompt].ids.size());
  }

  void finish(Sequence& sequence, Finish reason) {
    const auto ids = answer(sequence);
    answers_[sequence.prompt] = {{ids.begin(), ids.end()}, reason};
    sequence.is_finished = true;
  }

  /// Frees the places of those that are finished; the others keep their order.
  void leave(std::vector<Sequence>& sequences) {
    for (const Sequence& sequence : sequences) {
      if (!sequence.is_finished) continue;
      model_.end(sequence.slot);
      free_slots_.push_back(sequence.slot);
      reserved_ -= sequence.most_ids;
    }
    std::erase_if(sequences, [](const Sequence& sequence) { return sequence.is_finished; });
  }

  IncrementalModel& model_;
  std::span<const GenerationPrompt> prompts_;
  const GenerationOptions& options_;
  const StopTest& is_complete_;
  std::vector<Generated> answers_;
  std::vector<Sequence> active_;
  std::size_t next_ = 0;
  std::size_t reserved_ = 0;  ///< most tokens of all sequences under way
  SequenceSlot slots_ = 0;
  std::deque<SequenceSlot> free_slots_;
};

/// `eos_token_id` of a JSON file: an id, a list of ids, or nothing.
std::vector<std::int32_t> eos_ids(const std::filesystem::path& file) {
  const std::optional<nlohmann::json> object = read_json_object(file);
  if (!object) return {};
  const ConfigFields fields(*object, file.string());
  const nlohmann::json* found = fields.get("eos_token_id");
  if (found == nullptr) return {};
  std::vector<std::int32_t> ids;
  const auto add = [&](const nlohmann::json& id) {
    if (!id.is_number_integer() || id < 0 || id > std::numeric_limits<std::int32_t>::max())
      fields.refuse("eos_token_id", "a token id or a list of them");
    ids.push_back(id.get<std::int32_t>());
  };
  if (found->is_array())
    std::ranges::for_each(*found, add);
  else
    add(*found);
  return ids;
}

}  // namespace

std::vector<Generated> generate(IncrementalModel& model, std::span<const GenerationPrompt> prompts,
                                const GenerationOptions& options, const StopTest& is_complete) {
  core::check(options.max_new_tokens > 0, "an answer may have at least one token");
  return Schedule(model, prompts, options, is_complete).run();
}

std::vector<std::int32_t> end_of_text_ids(const std::filesystem::path& folder) {
  const std::vector<std::int32_t> ids = eos_ids(folder / "generation_config.json");
  return ids.empty() ? eos_ids(folder / "config.json") : ids;
}

}  // namespace winnow::model
