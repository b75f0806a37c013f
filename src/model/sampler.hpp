#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace winnow::model {

/// How the next token is chosen from the logits, in the order and by the definitions of
/// transformers' `generate`: repetition penalty, temperature, top-k, top-p.
struct SamplingOptions {
  double temperature = 0;  ///< 0: the likeliest token, top_k and top_p play no part
  /// The likeliest `top_k` tokens and those as likely as the last of them; 0: all.
  std::uint32_t top_k = 0;
  /// The fewest likeliest tokens that together have this probability, at least one; in (0, 1].
  double top_p = 1;
  /// Logits of tokens that stand in the sequence already, prompt included, are divided by it where
  /// they are positive, else multiplied; > 0.
  double repetition_penalty = 1;
};

struct Candidate {
  std::int32_t id = 0;
  double probability = 0;
};

/// @param sequence  prompt and answer so far; ids outside the logits count for nothing
void penalise_repetition(std::span<float> logits, std::span<const std::int32_t> sequence,
                         double penalty);

/// The tokens that temperature, top-k and top-p leave, their probabilities adding up to 1; of
/// tokens as likely as each other, top-p takes the lower id first. Computed in float64.
/// `temperature` > 0, however small; the largest logit is finite.
[[nodiscard]] std::vector<Candidate> sampling_candidates(std::span<const float> logits,
                                                         const SamplingOptions& options);

/// The next token; of likeliest tokens as likely as each other the lowest id.
///
/// @param logits    changed by the repetition penalty
/// @param uniform   in [0, 1): where in the candidates' distribution to draw
/// @returns         nothing where a logit is NaN or the largest is infinite
[[nodiscard]] std::optional<std::int32_t> next_token(std::span<float> logits,
                                                     std::span<const std::int32_t> sequence,
                                                     const SamplingOptions& options,
                                                     double uniform);

/// The uniform number in [0, 1) for the answer's token `step` of `row`: it depends on nothing else.
[[nodiscard]] double sampling_number(std::uint64_t seed, std::uint64_t row, std::uint64_t step);

}  // namespace winnow::model
