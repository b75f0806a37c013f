#include "pipeline/engine_script.hpp"

#include <cstdlib>

#include <fmt/format.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"

namespace winnow::pipeline {
namespace {

constexpr std::uint64_t kLargestLog = std::uint64_t{1} << 30;

std::string last_line_of(const std::filesystem::path& log) {
  std::string last;
  try {
    const std::string text = core::read_file(log, kLargestLog);
    for (std::size_t end = text.size(); end > 0 && last.empty();) {
      const std::size_t begin = text.rfind('\n', end - 1);
      const std::size_t first = begin == std::string::npos ? 0 : begin + 1;
      last = text.substr(first, end - first);
      end = begin == std::string::npos ? 0 : begin;
    }
  } catch (const core::EnvironmentError&) {
  }
  return last;
}

}  // namespace

std::vector<std::string> engine_script(const std::string& name) {
  const char* const given = std::getenv("WINNOW_PYTHON");
  return {given != nullptr && *given != '\0' ? given : WINNOW_PYTHON, WINNOW_ENGINES "/" + name};
}

std::string unexplained_end(int status, const std::filesystem::path& log) {
  const std::string how = status > 128 ? fmt::format("ended by signal {}", status - 128)
                                       : fmt::format("ended with code {}", status);
  const std::string last = last_line_of(log);
  return last.empty() ? how : fmt::format("{}, its last words were: {}", how, last);
}

}  // namespace winnow::pipeline
