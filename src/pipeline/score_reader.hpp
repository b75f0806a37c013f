#pragma once

#include <cstdint>

#include "pipeline/block_contents.hpp"
#include "pipeline/block_journal.hpp"
#include "scoring/block_scores.hpp"

namespace winnow::pipeline {

/// Reads the scores of blocks from a journal that holds all of them.
class ScoreReader {
 public:
  /// @throws core::ModelError if a block is missing
  ScoreReader(const BlockJournal& journal, const BlockContents& contents);

  /// @throws core::ModelError if the record is damaged or of another number of rows
  [[nodiscard]] scoring::BlockScores read(std::uint64_t block) const;

 private:
  const BlockJournal& journal_;
  const BlockContents& contents_;
};

}  // namespace winnow::pipeline
