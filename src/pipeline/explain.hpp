#pragma once

#include <cstdint>
#include <span>

#include <nlohmann/json.hpp>

#include "core/partition.hpp"
#include "pipeline/finished_run.hpp"

namespace winnow::pipeline {

/// All that a run knows of rows: their texts, every stored number with its status and percentile,
/// tags, and for each selection of the job the place of the pick or why there is none.
///
/// @returns `run`, `rows` (of the data), and `explained`: for each of `rows` its `row`, `id`,
/// `status`, texts, `numbers` (its own), `scorers`, `selections`
/// @throws core::UsageError for a row that the data does not have
[[nodiscard]] nlohmann::ordered_json explain_rows(const FinishedRun& run,
                                                  std::span<const core::RowId> rows);

/// A spot check of every selection: about `rows` rows, a third each of the first picks (`top`), of
/// the last picks and the rows that would come next (`cut`; of a middle those beside it), and of
/// the far end of its numbers (of a middle both ends), or a random draw where the method goes by no
/// number (`bottom`, `bottom_by`). Of a selection with strata the same of as many strata as `rows`
/// have thirds, those with the most picks first: each row has its `stratum`, and `strata` tells how
/// many there are.
///
/// @returns `run`, `rows` (of the data), and `selections` by name
[[nodiscard]] nlohmann::ordered_json sample_rows(const FinishedRun& run, std::uint64_t rows);

/// What both show of a row: `row`, `id`, `status`, and its texts unless it could not be read:
/// `system`, `history` (each `role`, `text`), `instruction`, `input`, `output`.
[[nodiscard]] nlohmann::ordered_json describe_row(const FinishedRun& run, core::RowId row);

/// The place of a selection's pick, `pick` from 1, and the numbers that its file has of it.
[[nodiscard]] nlohmann::ordered_json describe_pick(const store::Selection& file, std::size_t pick);

/// `steps` in words, `state` (current, outdated or missing) and how many `rows` it has.
[[nodiscard]] nlohmann::ordered_json describe_selection(const FoundSelection& selection);

}  // namespace winnow::pipeline
