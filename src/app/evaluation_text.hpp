#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace winnow::app {

/// The table of an evaluation, `summary.evaluation`: losses, perplexities, and differences to the
/// base with their intervals, of all rows and by category; benchmarks with their standard errors.
[[nodiscard]] std::string evaluation_text(const nlohmann::ordered_json& evaluation);

}  // namespace winnow::app
