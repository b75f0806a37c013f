#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/partition.hpp"
#include "pipeline/block_contents.hpp"
#include "pipeline/context.hpp"

namespace winnow::pipeline {

/// What of the rows is left to do, under the name that the progress shows.
struct BlockWork {
  std::string name;
  std::uint64_t rows = 0;       ///< all of them
  std::uint64_t done_rows = 0;  ///< before this command
  std::uint64_t block_rows = 0;
  const std::vector<bool>& is_done;  ///< [blocks]
};

/// Does one block's work and journals it.
using BlockWorker = std::function<void(std::uint64_t block, core::RowRange rows)>;

/// Collective. Claims blocks until none is left; an error or a request to stop ends the claims of
/// every rank. Seconds that this rank took.
/// @param open  makes this rank's worker; may throw as it may
/// @throws on all ranks what any of them threw
double work_on_blocks(const Context& context, const BlockWork& work, const BlockContents& contents,
                      const std::function<BlockWorker()>& open);

}  // namespace winnow::pipeline
