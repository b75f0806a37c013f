#pragma once

#include <nlohmann/json.hpp>

#include "pipeline/job.hpp"
#include "pipeline/run.hpp"

namespace winnow::pipeline {

/// What the job would do: data files, models, templates, selections with how many rows they leave
/// at most, about how many tokens and operations its scores take (from a sample of the rows;
/// uncompressed data up to 256 MiB is read for it). Nothing is written. Files and folders that are
/// not there yet are listed under `missing`.
/// @param stage  of the command: where it trains, the run folder's training is compared with the
/// job
/// @throws what the run itself would throw for the data, templates and model folders that there
/// are, and for a run folder that cannot be written
[[nodiscard]] nlohmann::ordered_json check(const Job& job, Stage stage);

}  // namespace winnow::pipeline
