#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace winnow::pipeline {

/// JSON as winnow writes and prints it. U+FFFD stands for what is no UTF-8: paths may hold it.
[[nodiscard]] inline std::string json_text(const nlohmann::ordered_json& json) {
  return json.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace winnow::pipeline
