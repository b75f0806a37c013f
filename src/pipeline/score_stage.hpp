#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/journal.hpp"
#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"
#include "pipeline/scorer_binding.hpp"

namespace winnow::pipeline {

/// A scorer whose every block stands in the journal.
struct JournalledScorer {
  std::string name;
  ScorerBinding binding;
  std::vector<std::string> scores;  ///< one name for each status that its scores have
};

/// Collective. Scores every block of rows that the journal does not hold yet: ranks claim blocks,
/// score them, and append each to their own journal segment before they claim the next.
/// @throws core::Interrupted if a rank was asked to stop; what is journalled stays.
/// @param manifest  root's; its `models` hold the files' stamps, so that unchanged weights are not
/// hashed again
[[nodiscard]] JournalledScorer score_with_model(Context& context, nlohmann::ordered_json& manifest,
                                                const IndexedData& data, const Scorer& scorer);

/// Where the block's record stands in the journal.
struct BlockPlace {
  std::uint64_t block = 0;
  std::uint32_t segment = 0;  ///< into JournalledBlocks::segments
  core::JournalRecord record;
};

/// The first whole record of each block that a journal holds.
struct JournalledBlocks {
  std::vector<std::filesystem::path> segments;
  std::vector<BlockPlace> places;  ///< by block
};

/// Collective. What the journal of `scorer` holds of the indexed rows; equal on all ranks. A record
/// of other rows than those that now stand in its block (a last block that has grown) does not
/// count.
[[nodiscard]] JournalledBlocks journalled_blocks(const Context& context, const std::string& scorer);

}  // namespace winnow::pipeline
