#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "model/language_model.hpp"
#include "model/sampler.hpp"

namespace winnow::model {

/// A sequence whose keys and values an incremental model keeps.
using SequenceSlot = std::uint32_t;

struct NewSequence {
  SequenceSlot slot = 0;  ///< not in use
  std::span<const std::int32_t> ids;
  std::uint32_t capacity = 0;  ///< most tokens that the sequence will have, >= ids.size()
};

struct NextToken {
  SequenceSlot slot = 0;
  std::int32_t id = 0;
};

/// A decoder-only language model that goes on with sequences token by token. No torch types.
class IncrementalModel {
 public:
  virtual ~IncrementalModel() = default;
  [[nodiscard]] virtual const ModelInfo& info() const = 0;

  /// Takes in sequences as far as they are known. Logits of what follows each: [sequences,
  /// vocabulary_size] row-major float32; they may be changed and hold until the next call.
  [[nodiscard]] virtual std::span<float> begin(std::span<const NewSequence> sequences) = 0;
  /// Appends one token to each of the sequences and gives the logits of what follows, as `begin`.
  [[nodiscard]] virtual std::span<float> step(std::span<const NextToken> tokens) = 0;
  /// The slot is free again.
  virtual void end(SequenceSlot slot) = 0;
};

/// Loads a Hugging Face folder as load_causal_language_model does, to generate with.
/// @throws core::ModelError naming file, field or tensor
[[nodiscard]] std::unique_ptr<IncrementalModel> load_incremental_model(
    const std::filesystem::path& folder, const LoadOptions& options);

struct GenerationOptions {
  SamplingOptions sampling;
  std::uint64_t seed = 0;
  std::uint32_t max_new_tokens = 512;  ///< of the answer alone
  std::uint32_t max_length = 0;        ///< of prompt and answer, <= info().max_positions
  std::vector<std::int32_t> stop_ids;  ///< end an answer and are no part of it
  std::uint32_t batch_tokens = 2048;   ///< prompt tokens of one pass
  /// Room for the sequences that are under way together, each counted with its longest possible
  /// answer; a longer one goes alone.
  std::uint32_t cache_tokens = 16384;
};

struct GenerationPrompt {
  std::span<const std::int32_t> ids;  ///< at least one, fewer than max_length
  std::uint64_t row = 0;              ///< whose random numbers are drawn
};

enum class Finish : std::uint8_t {
  stop_id = 0,     ///< the model ended its answer
  stop_text = 1,   ///< `is_complete` said so
  max_new = 2,     ///< max_new_tokens
  max_length = 3,  ///< the model or the job takes no more tokens
  non_finite = 4,  ///< the model's numbers are no numbers: what was generated so far says nothing
};

struct Generated {
  std::vector<std::int32_t> ids;  ///< of the answer, without the stop id
  Finish finish = Finish::stop_id;
};

/// Asked after every token: the prompt's place among `prompts` and its answer so far.
using StopTest = std::function<bool(std::size_t prompt, std::span<const std::int32_t> ids)>;

/// Answers all prompts: they enter in their order as room is free, and leave as they are finished.
/// What runs together depends on the prompts and their answers alone, so that equal calls give
/// equal answers at equal threads. [prompts]
[[nodiscard]] std::vector<Generated> generate(IncrementalModel& model,
                                              std::span<const GenerationPrompt> prompts,
                                              const GenerationOptions& options,
                                              const StopTest& is_complete);

/// The ids with which a folder says that an answer ends: `eos_token_id` of generation_config.json,
/// else of config.json; empty if neither says any.
/// @throws core::ModelError naming the file if it is malformed
[[nodiscard]] std::vector<std::int32_t> end_of_text_ids(const std::filesystem::path& folder);

}  // namespace winnow::model
