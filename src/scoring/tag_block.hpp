#pragma once

#include <string>

#include "data/prompt_template.hpp"
#include "model/generation.hpp"
#include "scoring/answer_samples.hpp"
#include "scoring/score_block.hpp"
#include "scoring/tag_prompt.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::scoring {

struct TagOptions {
  TagPrompt prompt = instagger_prompt;
  std::string join = "\nInput: ";  ///< between instruction and input of a user turn
  ReplyOptions replies;
};

/// What tags rows, the same for every block.
struct RowTagger {
  const tokenizer::Tokenizer& tokenizer;
  const data::PromptTemplate& prompt;
  model::IncrementalModel& model;
  TagOptions options;
};

/// Tokenises the prompts that ask for the tags of every user turn of a block's rows, each on its
/// own and without the row's system message; the work answers them. `turns` then has the replies as
/// they are (`reply`, a text) and whether there is one (`status_reply`); TagLists reads them. Pure:
/// no files, no MPI.
/// @throws core::DataError naming the row that the template cannot write down, unless
/// options.replies.skip_refused_rows, or whose text the tokenizer cannot encode
[[nodiscard]] ScoringWork prepare_tags(const RowTagger& tagger, const RowBlock& block);

}  // namespace winnow::scoring
