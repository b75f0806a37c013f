#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/partition.hpp"
#include "data/prompt_template.hpp"
#include "data/sample.hpp"
#include "model/generation.hpp"
#include "scoring/block_replies.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::scoring {

struct ReplyOptions {
  model::GenerationOptions generation;  ///< its stop ids too
  std::vector<std::string> stop_strings;
  /// A row that the template cannot write down is `template_refused`, not an error.
  bool skip_refused_rows = false;
};

/// What answers samples, the same for every block.
struct Answerer {
  const tokenizer::Tokenizer& tokenizer;
  const data::PromptTemplate& prompt;
  model::IncrementalModel& model;
  const ReplyOptions& options;
};

struct AskedSample {
  core::RowId row = 0;                   ///< the row it is of; several samples may be of one
  const data::Sample* sample = nullptr;  ///< nullptr: a bad row (status `bad_row`)
};

/// What replies cost; for progress and rates.
struct ReplyCost {
  std::uint64_t prompt_tokens = 0;
  std::uint64_t new_tokens = 0;
};

struct AnsweredSamples {
  std::vector<Reply> replies;  ///< [samples]
  ReplyCost cost;
};

/// Answers samples, each on its own. Pure: no files, no MPI. An answer depends on the samples, and
/// where it is sampled on the seed and the row's id.
/// @throws core::DataError naming the row that the template cannot write down, unless
/// options.skip_refused_rows
[[nodiscard]] AnsweredSamples answer_samples(const Answerer& answerer,
                                             std::span<const AskedSample> samples);

}  // namespace winnow::scoring
