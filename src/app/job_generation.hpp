#pragma once

#include <cstdint>

#include "app/yaml_section.hpp"
#include "pipeline/job.hpp"

namespace winnow::app {

/// Of one answer.
constexpr std::uint64_t kMostNewTokens = 1U << 20;

/// The `generate:` section of a job whose scorers are read.
[[nodiscard]] pipeline::GenerationJob read_generation(YamlSection& section,
                                                      const pipeline::Job& job);

}  // namespace winnow::app
