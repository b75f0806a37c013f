#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/log.hpp"
#include "core/partition.hpp"
#include "mpi/communicator.hpp"
#include "pipeline/job.hpp"
#include "pipeline/run_folder.hpp"

namespace winnow::pipeline {

/// What every stage works with. One per rank; `job` is the same on all.
struct Context {
  const mpi::Communicator& communicator;
  const Job& job;
  RunFolder folder;
  core::Log& log;
  int threads = 1;                          ///< CPU threads of each rank
  bool profile = false;                     ///< says where a model's time went
  const std::atomic<bool>& stop_requested;  ///< set by SIGTERM or SIGINT
  nlohmann::ordered_json& summary;          ///< root's is written to summary.json
};

/// Adds the seconds of its life to summary.timings.<name>_seconds.
class StageTimer {
 public:
  StageTimer(Context& context, std::string name)
      : context_(context), name_(std::move(name)), begin_(std::chrono::steady_clock::now()) {}
  ~StageTimer() {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin_;
    auto& timings = context_.summary["timings"];
    const std::string key = name_ + "_seconds";
    timings[key] = timings.value(key, 0.0) + elapsed.count();
  }
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

 private:
  Context& context_;
  std::string name_;
  std::chrono::steady_clock::time_point begin_;
};

/// Collective. @throws core::Interrupted on all ranks if any of them was asked to stop.
void stop_if_requested(const Context& context);

/// The contiguous share of this rank of `items` rows or blocks.
[[nodiscard]] core::RowRange share_of(const mpi::Communicator& communicator, std::uint64_t items);

/// Collective. Root's answer on every rank. What decides which way all go is asked of root alone:
/// over a network file system the others may still see the folder as it was.
/// @param question  runs on root only and must not communicate
[[nodiscard]] bool ask_root(const mpi::Communicator& communicator,
                            const std::function<bool()>& question);

}  // namespace winnow::pipeline
