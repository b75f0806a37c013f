#pragma once

#include <cstddef>
#include <cstdint>
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

/// What answers rows, the same for every block.
struct RowAnswerer {
  const tokenizer::Tokenizer& tokenizer;
  const data::PromptTemplate& prompt;
  model::IncrementalModel& model;
  ReplyOptions options;
};

/// What replies cost; for progress and rates.
struct ReplyCost {
  std::uint64_t prompt_tokens = 0;
  std::uint64_t new_tokens = 0;
};

struct AnsweredSamples {
  std::vector<Reply> replies;  ///< in the order in which the samples were added
  ReplyCost cost;
};

/// Samples on their way through the model, each answered on its own; several may be of one row.
/// What the answerer refers to must outlive it. Pure: no files, no MPI.
class SampleAnswers {
 public:
  explicit SampleAnswers(RowAnswerer answerer) : answerer_(std::move(answerer)) {}

  /// Tokenises a sample's prompt.
  /// @throws core::DataError naming the row that the template cannot write down, unless
  /// options.skip_refused_rows, or whose text the tokenizer cannot encode
  void add(core::RowId row, const data::Sample& sample);
  /// Status `bad_row`.
  void add_bad_row();
  /// Answers what was added, once. An answer depends on all of it, and where it is sampled on the
  /// seed and the row's id.
  [[nodiscard]] AnsweredSamples run();

 private:
  /// Of a sample that can be answered.
  struct Prompt {
    std::vector<std::int32_t> ids;
    core::RowId row = 0;
    std::size_t place = 0;  ///< of its reply
  };
  void take(const Prompt& prompt, const model::Generated& generated);

  RowAnswerer answerer_;
  AnsweredSamples result_;
  std::vector<Prompt> prompts_;
};

}  // namespace winnow::scoring
