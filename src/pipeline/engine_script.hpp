#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace winnow::pipeline {

/// The start of a command that runs a script of src/engine: WINNOW_PYTHON of the environment, else
/// the Python of the build.
[[nodiscard]] std::vector<std::string> engine_script(const std::string& name);

/// How a process ended that told no failure, and the last line of its log.
/// @param status  EngineProcess::status()
[[nodiscard]] std::string unexplained_end(int status, const std::filesystem::path& log);

}  // namespace winnow::pipeline
