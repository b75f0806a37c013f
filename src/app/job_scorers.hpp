#pragma once

#include <string>

#include "app/yaml_section.hpp"
#include "pipeline/job.hpp"

namespace winnow::app {

/// The job's scorers: `model:` with `score:`, or `scorers:`.
/// @param root  the whole job file
/// @throws core::UsageError naming the key for what is wrong
void read_scorers(YamlSection& root, pipeline::Job& job);

/// The scorer that `key` names, or the only one with a model.
/// @param use  for the message where several have one: `whose model answers`
[[nodiscard]] const pipeline::Scorer& find_scorer_with_model(YamlSection& section,
                                                             const std::string& key,
                                                             const std::string& use,
                                                             const pipeline::Job& job);

}  // namespace winnow::app
