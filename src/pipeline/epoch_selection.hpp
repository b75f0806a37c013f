#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/partition.hpp"
#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"
#include "pipeline/score_stage.hpp"

namespace winnow::pipeline {

/// What an epoch's pool gave, equal on all ranks.
struct EpochSelection {
  std::vector<core::RowId> picks;  ///< rows of the data set, in order
  std::vector<double> score;       ///< [pool] what the selection goes by, NaN where there is none
  std::uint64_t scored = 0;        ///< rows of the pool with such a score
};

/// What the selection's last step goes by, of every row of an indexed and scored folder.
[[nodiscard]] std::vector<double> scores_of(const RunFolder& folder, const Job& job,
                                            const SelectionJob& selection, std::uint64_t rows);

/// Collective. Scores the pool with a model in training and selects from it, in the epoch's own run
/// folder: pool.h5 (the rows of the pool), index.h5, scores.h5 [pool], selection.h5 and subset.*
/// (rows of the data set). What stands there and was made from the same is not made again.
/// @param pool    rows of the data set in the order of the pool
/// @param budget  rows to pick
/// @param noted   root's record of the epoch in the manifest
/// @throws core::DataError if fewer rows than the budget can be picked
[[nodiscard]] EpochSelection select_from_pool(Context& context, nlohmann::ordered_json& noted,
                                              const IndexedData& data,
                                              const SelectionJob& selection, std::uint64_t epoch,
                                              std::span<const core::RowId> pool,
                                              std::uint64_t budget, const LiveModel& live);

/// Collective. The run's own selection and scores as epoch 0's.
void publish_first_epoch(const Context& context, const IndexedData& data,
                         const SelectionJob& selection);

}  // namespace winnow::pipeline
