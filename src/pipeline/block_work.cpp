#include "pipeline/block_work.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "core/progress.hpp"
#include "mpi/agree.hpp"
#include "mpi/claims.hpp"
#include "mpi/collectives.hpp"

namespace winnow::pipeline {

double work_on_blocks(const Context& context, const BlockWork& work, const BlockContents& contents,
                      const std::function<BlockWorker()>& open) {
  const mpi::Communicator& ranks = context.communicator;
  std::uint64_t rows_here = 0;
  std::optional<mpi::Failure> failure;
  const auto begin = std::chrono::steady_clock::now();
  mpi::BlockClaims claims(ranks, work.is_done);
  std::optional<core::Progress> progress;
  if (ranks.is_root()) progress.emplace(context.log, work.name, "rows", work.rows, work.done_rows);
  std::uint64_t shown = 0;
  const auto show_rows = [&](std::uint64_t rows) {
    rows = std::min(rows, work.rows - work.done_rows);
    if (rows > shown) progress->advance(rows - std::exchange(shown, rows));
  };
  try {
    const BlockWorker worker = open();
    while (const auto block = claims.next()) {
      const core::RowRange rows = contents.rows_of(*block);
      worker(*block, rows);
      rows_here += rows.size();
      if (context.stop_requested) claims.stop();
      if (progress) {
        // What is handed out is finished but for one block of every other rank.
        const std::uint64_t handed_out = *claims.handed_out();
        const std::uint64_t in_work = static_cast<std::uint64_t>(ranks.size()) - 1;
        show_rows((handed_out > in_work ? handed_out - in_work : 0) * work.block_rows);
      }
    }
  } catch (...) {
    failure = mpi::to_failure(std::current_exception());
    claims.stop();
  }
  claims.finish();
  mpi::agree(ranks, failure);
  const std::uint64_t rows = mpi::sum(ranks, rows_here);
  if (progress) {
    show_rows(rows);
    progress->finish();
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace winnow::pipeline
