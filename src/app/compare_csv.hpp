#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace winnow::app {

/// What pipeline::compare returned as one CSV table (RFC 4180) with a value a line: `table`
/// (`selections`, `overlap`, `jaccard`, `expected`, `spearman`), `row`, `column`, `value`. Numbers
/// are written in as many digits as tell them apart; there is no line for a number that is not
/// defined.
[[nodiscard]] std::string compare_csv(const nlohmann::ordered_json& comparison);

}  // namespace winnow::app
