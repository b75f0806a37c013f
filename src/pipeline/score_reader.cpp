#include "pipeline/score_reader.hpp"

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::pipeline {

ScoreReader::ScoreReader(const BlockJournal& journal, const BlockContents& contents)
    : journal_(journal), contents_(contents) {
  journal.expect_all();
}

scoring::BlockScores ScoreReader::read(std::uint64_t block) const {
  auto scores = scoring::deserialize_block(journal_.read(block));
  const std::uint64_t expected = contents_.rows_of(block).size();
  if (scores.rows.rows != expected)
    throw core::ModelError(fmt::format("{}: block {} has {} rows, expected {}",
                                       journal_.folder().string(), block, scores.rows.rows,
                                       expected));
  return scores;
}

}  // namespace winnow::pipeline
