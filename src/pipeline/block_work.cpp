#include "pipeline/block_work.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <optional>
#include <utility>

#include "core/progress.hpp"
#include "mpi/agree.hpp"
#include "mpi/claims.hpp"
#include "mpi/collectives.hpp"

namespace winnow::pipeline {
namespace {

/// Adds the seconds of its life.
class Stopwatch {
 public:
  explicit Stopwatch(double& seconds) : seconds_(seconds) {}
  ~Stopwatch() {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin_;
    seconds_ += passed.count();
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double& seconds_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// Prepares the blocks that a rank claims, the next one ahead of its claim.
class BlocksAhead {
 public:
  BlocksAhead(const BlockContents& contents, const std::vector<bool>& is_done,
              BlockPreparation prepare)
      : contents_(contents), is_done_(is_done), prepare_(std::move(prepare)) {}

  /// A claimed block, prepared. The one that is likely to be claimed next is begun.
  BlockRecord take(std::uint64_t block) {
    BlockRecord record;
    if (ahead_.valid() && ahead_block_ == block) {
      record = ahead_.get();
    } else {
      if (ahead_.valid()) {  // It came to nothing: its block is another rank's, its error too.
        ahead_.wait();
        goes_down_ = true;
      }
      record = prepare_(block, contents_.rows_of(block));
    }
    if (const auto next = open_block_after(block)) {
      ahead_block_ = *next;
      ahead_ = std::async(std::launch::async, prepare_, *next, contents_.rows_of(*next));
    }
    return record;
  }

 private:
  /// Claims go up through the rank's own shard, then down through others'.
  [[nodiscard]] std::optional<std::uint64_t> open_block_after(std::uint64_t block) const {
    while (goes_down_ ? block-- > 0 : ++block < is_done_.size())
      if (!is_done_[block]) return block;
    return std::nullopt;
  }

  const BlockContents& contents_;
  const std::vector<bool>& is_done_;
  BlockPreparation prepare_;
  bool goes_down_ = false;
  std::uint64_t ahead_block_ = 0;
  std::future<BlockRecord> ahead_;  ///< joined when it is destroyed
};

/// Appends records on a thread of its own, one at a time.
class JournalThread {
 public:
  explicit JournalThread(const std::filesystem::path& folder) : journal_(folder) {}

  void append(std::string payload) {
    wait();
    writing_ = std::async(std::launch::async, [this, payload = std::move(payload)] {
      journal_.append(kBlockRecord, payload);
    });
  }
  /// Until all is on the disk. @throws what the writing threw
  void wait() {
    if (writing_.valid()) writing_.get();
  }

 private:
  core::JournalWriter journal_;
  std::future<void> writing_;  ///< joined when it is destroyed
};

}  // namespace

WorkSeconds work_on_blocks(const Context& context, const BlockWork& work,
                           const BlockContents& contents,
                           const std::function<BlockPreparation()>& open) {
  const mpi::Communicator& ranks = context.communicator;
  const std::vector<bool>& is_done = work.journal.is_done();
  std::uint64_t rows_here = 0;
  std::optional<mpi::Failure> failure;
  WorkSeconds seconds;
  std::optional<Stopwatch> all(seconds.all);
  mpi::BlockClaims claims(ranks, is_done);
  std::optional<core::Progress> progress;
  if (ranks.is_root()) progress.emplace(context.log, work.name, "rows", work.rows, work.done_rows);
  std::uint64_t shown = 0;
  const auto show_rows = [&](std::uint64_t rows) {
    rows = std::min(rows, work.rows - work.done_rows);
    if (rows > shown) progress->advance(rows - std::exchange(shown, rows));
  };
  try {
    BlocksAhead ahead(contents, is_done, open());
    JournalThread journal(work.journal.folder());
    while (const auto block = claims.next()) {
      BlockRecord run;
      {
        const Stopwatch watch(seconds.waiting_for_rows);
        run = ahead.take(*block);
      }
      std::string payload;
      {
        const Stopwatch watch(seconds.running);
        payload = run();
      }
      {
        const Stopwatch watch(seconds.waiting_for_journal);
        journal.append(std::move(payload));
      }
      rows_here += contents.rows_of(*block).size();
      if (context.stop_requested) claims.stop();
      if (progress) {
        // What is handed out is finished but for one block of every other rank.
        const std::uint64_t handed_out = *claims.handed_out();
        const std::uint64_t in_work = static_cast<std::uint64_t>(ranks.size()) - 1;
        show_rows((handed_out > in_work ? handed_out - in_work : 0) * work.block_rows);
      }
    }
    const Stopwatch watch(seconds.waiting_for_journal);
    journal.wait();
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
  all.reset();
  return seconds;
}

}  // namespace winnow::pipeline
