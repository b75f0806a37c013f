#pragma once

#include <string>

#include "app/yaml_section.hpp"
#include "pipeline/job.hpp"

namespace winnow::app {

/// The job's scorers: `model:` with `score:`, or `scorers:`.
/// @param root  the whole job file
/// @throws core::UsageError naming the key for what is wrong
void read_scorers(YamlSection& root, pipeline::Job& job);

/// The keys that a model folder has wherever it stands.
[[nodiscard]] pipeline::ModelScorer read_model_folder(YamlSection& section);

/// The job's scorer whose model the section uses: what its `key` names, or the only one with a
/// model.
/// @param purpose  what the model does, for messages: `answers`
[[nodiscard]] const pipeline::Scorer& scorer_with_model(YamlSection& section,
                                                        const pipeline::Job& job,
                                                        const std::string& purpose,
                                                        const std::string& key = "scorer");

}  // namespace winnow::app
