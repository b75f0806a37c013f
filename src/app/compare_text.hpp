#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace winnow::app {

/// What pipeline::compare returned, for a terminal: the selections are numbered, and the columns of
/// the square tables are those numbers.
[[nodiscard]] std::string compare_text(const nlohmann::ordered_json& comparison);

}  // namespace winnow::app
