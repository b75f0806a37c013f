#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace winnow::app {

/// The tables of a study, `summary.study`: a line for each cell, then one for each selection and
/// budget over the seeds, with the differences whose intervals hold 0 marked.
[[nodiscard]] std::string study_text(const nlohmann::ordered_json& study);

}  // namespace winnow::app
