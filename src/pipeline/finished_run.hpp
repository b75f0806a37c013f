#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <sstream>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/log.hpp"
#include "mpi/communicator.hpp"
#include "pipeline/candidates.hpp"
#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"
#include "pipeline/pool.hpp"
#include "pipeline/selection_job.hpp"
#include "pipeline/strata.hpp"
#include "selection/expression.hpp"
#include "selection/position.hpp"
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

/// What a step asks of a row, and the answer of every row of a pool.
struct Formula {
  selection::Expression expression;
  EvaluatedNumbers answer;  ///< [pool.size()]
};

/// One step of a current selection as it met the rows.
struct StepView {
  const SelectionStep& step;
  Pool pool;  ///< rows that came in, ascending
  Pool kept;  ///< rows that it left in, ascending
  /// The condition of a filter, or the number that the method goes by, in every row of the pool;
  /// nothing where it goes by none.
  std::optional<Formula> formula;
  Candidates candidates;        ///< nothing for a filter
  std::vector<Stratum> strata;  ///< of the candidates, where each has a budget of its own
};

[[nodiscard]] StepView view_step(const FinishedRun& run, const FoundSelection& selection,
                                 std::size_t number);

/// Whether picks come in the order of the step's number: of two candidates the better one is looked
/// at first.
[[nodiscard]] bool is_ordered_by_number(const StepView& view);

/// The place of candidate `i` in that order; equal numbers go by row. For steps without a number
/// the order of the rows.
[[nodiscard]] selection::Position position_of(const StepView& view, std::size_t i);

}  // namespace winnow::pipeline
