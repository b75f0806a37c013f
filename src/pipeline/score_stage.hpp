#pragma once

#include <string>
#include <vector>

#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"
#include "pipeline/scorer_binding.hpp"

namespace winnow::pipeline {

/// A scorer whose every block stands in the journal.
struct JournalledScorer {
  std::string name;
  ScorerBinding binding;
};

/// Collective. Scores every block of rows that the journal does not hold yet: ranks claim blocks,
/// score them, and append each to their own journal segment before they claim the next.
/// @throws core::Interrupted if a rank was asked to stop; what is journalled stays.
[[nodiscard]] JournalledScorer score_with_model(Context& context, const IndexedData& data,
                                                const Scorer& scorer);

/// Where the block's record stands in the journal.
struct BlockPlace {
  std::uint64_t block = 0;
  std::uint32_t segment = 0;  ///< into core::journal_segments
  std::uint64_t record = 0;   ///< into that segment's records
};

/// Collective. The first whole record of each block in the journal of `scorer`, by block; equal on
/// all ranks.
[[nodiscard]] std::vector<BlockPlace> journalled_blocks(const Context& context,
                                                        const std::string& scorer,
                                                        std::uint64_t blocks);

}  // namespace winnow::pipeline
