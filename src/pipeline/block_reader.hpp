#pragma once

#include <cstdint>
#include <string>

#include "pipeline/block_contents.hpp"
#include "pipeline/context.hpp"
#include "pipeline/score_stage.hpp"
#include "scoring/block_scores.hpp"

namespace winnow::pipeline {

/// Reads blocks of a scorer's journal; what it is made from must outlive it.
class BlockReader {
 public:
  /// @throws core::ModelError if a block is missing.
  BlockReader(const Context& context, const std::string& scorer, const JournalledBlocks& journal,
              const BlockContents& contents);

  /// @throws core::ModelError if the record is damaged, or not of the block's rows.
  [[nodiscard]] scoring::BlockScores read(std::uint64_t block) const;

 private:
  const JournalledBlocks& journal_;
  const BlockContents& contents_;
};

}  // namespace winnow::pipeline
