#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace winnow::app {

/// What a person reads at the end of a run.
/// @param profile  with the table of where the time of scoring went
[[nodiscard]] std::string summary_text(const nlohmann::ordered_json& summary, bool profile);

/// What `--check` prints.
[[nodiscard]] std::string check_text(const nlohmann::ordered_json& plan);

/// The line that warns of what a checked job misses.
[[nodiscard]] std::string missing_text(const nlohmann::ordered_json& plan);

}  // namespace winnow::app
