#pragma once

#include <span>

#include <nlohmann/json.hpp>

#include "pipeline/compare_inputs.hpp"

namespace winnow::pipeline {

/// `names` of all scores of the runs (`scorer.score`, behind the run's name where scorers of one
/// name gave different numbers) and the square table `spearman` of their rank correlations, null
/// where there is none. A scorer whose numbers stand in several runs is taken once.
[[nodiscard]] nlohmann::ordered_json score_correlations(std::span<const ComparedRun> runs);

}  // namespace winnow::pipeline
