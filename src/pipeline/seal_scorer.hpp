#pragma once

#include <string>

#include "pipeline/block_contents.hpp"
#include "pipeline/block_journal.hpp"
#include "pipeline/context.hpp"
#include "pipeline/score_stage.hpp"
#include "store/score_file.hpp"

namespace winnow::pipeline {

/// True if the scorer's journal holds replies that tags are read from.
[[nodiscard]] bool has_tags(const JournalledScorer& scorer);

/// Collective. Writes what the journal holds of a scorer, and what follows from it, into scores.h5:
/// /scores/<scorer>, /embeddings/<scorer>, /turns/<scorer>, /tags/<scorer>. Every rank writes the
/// blocks of its share, embeddings piece by piece.
/// @param made_from  for the attribute of that name
/// @throws core::ModelError if blocks are missing or damaged
void write_scorer(const Context& context, store::ScoreFileWriter& file,
                  const JournalledScorer& scorer, const std::string& made_from,
                  const BlockJournal& journal, const BlockContents& contents);

}  // namespace winnow::pipeline
