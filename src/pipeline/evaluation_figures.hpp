#pragma once

#include <nlohmann/json.hpp>

#include "pipeline/evaluated_rows.hpp"
#include "scoring/paired_bootstrap.hpp"

namespace winnow::pipeline {

/// Losses in nats per token, of all rows and of those of each category: `models` (rows by status,
/// tokens, mean losses, perplexity), `differences` of each tuned model to the base with their
/// intervals, and `categories`, a list of the same, ascending by name. What has no rows is null.
[[nodiscard]] nlohmann::ordered_json evaluation_figures(const EvaluatedRows& rows,
                                                        const scoring::BootstrapOptions& bootstrap);

}  // namespace winnow::pipeline
