#pragma once

#include <nlohmann/json.hpp>

#include "pipeline/context.hpp"

namespace winnow::pipeline {

/// Everything that decides a scorer's numbers, by name. Kept in journal/<scorer>/scorer.json: a
/// resumed run must agree on all that the job decides; what the machine decides (threads per rank,
/// device, batch_tokens, library) it takes from there.
using ScorerBinding = nlohmann::ordered_json;

/// Root only. Compares with what the folder recorded, or records it.
/// @returns the binding that is in force
/// @throws core::UsageError naming the first key that differs, with both values; core::ModelError
/// if what is recorded is damaged, or missing beside journal segments.
[[nodiscard]] ScorerBinding bind_scorer(const Context& context, const std::string& scorer,
                                        const ScorerBinding& wanted);

/// Hash of a binding, for `made_from` marks.
[[nodiscard]] std::string key_of(const ScorerBinding& binding);

}  // namespace winnow::pipeline
