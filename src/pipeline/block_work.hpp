#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/partition.hpp"
#include "pipeline/block_contents.hpp"
#include "pipeline/block_journal.hpp"
#include "pipeline/context.hpp"

namespace winnow::pipeline {

/// What of the rows is left to do, under the name that the progress shows.
struct BlockWork {
  std::string name;
  std::uint64_t rows = 0;       ///< all of them
  std::uint64_t done_rows = 0;  ///< before this command
  std::uint64_t block_rows = 0;
  const BlockJournal& journal;
};

/// The second step of a block, on the rank's own thread: runs the model, gives the journal's
/// payload.
using BlockRecord = std::function<std::string()>;
/// The first step, on a thread beside it and for one block at a time: reads and tokenises. It may
/// be asked for a block that comes to nothing, since another rank has claimed it.
using BlockPreparation = std::function<BlockRecord(std::uint64_t block, core::RowRange rows)>;

/// Seconds of this rank's wall clock.
struct WorkSeconds {
  double all = 0;
  double waiting_for_rows = 0;     ///< that were not read and tokenised in time
  double running = 0;              ///< the second steps
  double waiting_for_journal = 0;  ///< that was still writing the block before
};

/// Collective. Claims blocks until none is left: while one runs, the next is prepared and the one
/// before is written to this rank's segment of the journal, each on a thread of its own. An error
/// or a request to stop ends the claims of every rank; what was finished is written. A kill loses
/// the block that runs and the one that is being written.
/// @param open  makes this rank's preparation; may throw as it may
/// @throws on all ranks what any of them threw
WorkSeconds work_on_blocks(const Context& context, const BlockWork& work,
                           const BlockContents& contents,
                           const std::function<BlockPreparation()>& open);

}  // namespace winnow::pipeline
