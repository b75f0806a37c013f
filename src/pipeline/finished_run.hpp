#pragma once

#include <atomic>
#include <cstdint>
#include <sstream>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/log.hpp"
#include "mpi/communicator.hpp"
#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"
#include "pipeline/selection_job.hpp"
#include "store/selection_file.hpp"

namespace winnow::pipeline {

/// A run folder that one process looks into; nothing in it is changed.
class FinishedRun {
 public:
  /// @param job  must outlive this object
  /// @throws core::ModelError if the index is damaged or missing, core::UsageError if it is of
  /// other data than the job's
  explicit FinishedRun(const Job& job);

  [[nodiscard]] const Context& context() const { return context_; }
  [[nodiscard]] const Job& job() const { return context_.job; }
  [[nodiscard]] const RunFolder& folder() const { return context_.folder; }
  [[nodiscard]] const IndexedData& data() const { return data_; }

 private:
  mpi::Communicator self_;
  std::ostringstream screen_;
  core::Log log_;
  std::atomic<bool> stop_requested_ = false;
  nlohmann::ordered_json summary_;
  Context context_;
  IndexedData data_;
};

/// What stands in a run folder of one of its job's selections.
struct FoundSelection {
  enum class State {
    missing,
    outdated,  ///< made from other scores or with other settings than the job's
    current,
  };
  const SelectionJob& job;
  State state = State::missing;
  store::Selection file;                  ///< empty where it is missing
  std::vector<std::uint8_t> left_out_by;  ///< [rows] as in ChainResult; only of a current one
};

[[nodiscard]] FoundSelection find_selection(const FinishedRun& run, const SelectionJob& job);

}  // namespace winnow::pipeline
