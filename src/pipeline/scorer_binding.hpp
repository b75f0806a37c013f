#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "pipeline/context.hpp"

namespace winnow::pipeline {

/// Everything that decides a scorer's numbers, by name. Kept in BoundWork::file beside the journal:
/// once that holds a block, a resumed run must agree on all that the job decides; what the machine
/// and the program decide (threads per rank, device, batch_tokens, library, code_version) it takes
/// from there.
using ScorerBinding = nlohmann::ordered_json;

/// Of a scorer, in its journal's folder.
inline constexpr const char* kScorerBinding = "scorer.json";

/// Whose settings are bound.
struct BoundWork {
  std::filesystem::path journal;
  bool is_begun = false;  ///< the journal holds a record, or the folder what was made
  std::string name;       ///< for messages: `scorer 'gpt2'`
  std::string remedy;     ///< of settings that differ: `choose another --out or name`
  std::string file = kScorerBinding;
};

/// What such a file recorded. @throws core::EnvironmentError if it is not there, core::ModelError
/// if it is damaged.
[[nodiscard]] ScorerBinding read_binding(const std::filesystem::path& path);

/// One process. What the folder recorded of work that was begun; nothing where it was not.
/// @param run_folder  for messages
/// @param wanted      of the job's settings, all or some
/// @throws core::UsageError naming the first of `wanted` that the job decides and that differs,
/// with both values; core::ModelError if what is recorded is damaged, or missing
[[nodiscard]] std::optional<ScorerBinding> bound_before(const std::filesystem::path& run_folder,
                                                        const BoundWork& work,
                                                        const ScorerBinding& wanted);

/// Root only. Compares with what the folder recorded, or records it.
/// @returns the binding that is in force
/// @throws as bound_before
[[nodiscard]] ScorerBinding bind_scorer(const Context& context, const BoundWork& work,
                                        const ScorerBinding& wanted);

/// What two models that stand beside each other were both asked.
/// @param found  recorded in `path`
/// @throws core::UsageError naming the first key, but for the model's own and what the machine
/// decides, whose values differ
void expect_same_settings(const std::filesystem::path& path, const ScorerBinding& found,
                          const ScorerBinding& expected);

/// Hash of a binding, for `made_from` marks.
[[nodiscard]] std::string key_of(const ScorerBinding& binding);

}  // namespace winnow::pipeline
