#include "pipeline/block_reader.hpp"

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/journal.hpp"

namespace winnow::pipeline {

BlockReader::BlockReader(const Context& context, const std::string& scorer,
                         const JournalledBlocks& journal, const BlockContents& contents)
    : journal_(journal), contents_(contents) {
  if (journal.places.size() != contents.blocks())
    throw core::ModelError(fmt::format(
        "{}: {} of {} blocks are in the journal: run the score stage again",
        context.folder.journal(scorer).string(), journal.places.size(), contents.blocks()));
}

scoring::BlockScores BlockReader::read(std::uint64_t block) const {
  const BlockPlace& place = journal_.places[block];
  const auto& segment = journal_.segments.at(place.segment);
  auto scores = scoring::deserialize_block(core::read_record(segment, place.record));
  const std::uint64_t expected = contents_.rows_of(block).size();
  if (scores.block != block || scores.rows.rows != expected)
    throw core::ModelError(fmt::format(
        "{}: byte {} holds block {} with {} rows, expected block {} with {} rows", segment.string(),
        place.record.offset, scores.block, scores.rows.rows, block, expected));
  return scores;
}

}  // namespace winnow::pipeline
