#pragma once

#include "pipeline/job.hpp"
#include "store/attributes.hpp"

namespace winnow::pipeline {

/// Whether a key that the method takes means something in this step: duplicates are told by n-grams
/// or by embeddings, each with keys of its own.
[[nodiscard]] bool key_applies(const SelectionStep& step, std::string_view key);

/// Every parameter of a step under its name in the job file, defaults too; whatever the job leaves
/// open is resolved (`scorer`, `embedding`, `eos_text`).
[[nodiscard]] store::Attributes parameters_of(const Job& job, const SelectionStep& step);

/// The scorers whose numbers, embeddings, tags or tokens a step uses, each once.
[[nodiscard]] std::vector<std::string> scorers_of(const Job& job, const SelectionStep& step);

/// Checks that what a step needs is given by the job: names in expressions, embeddings, tags,
/// tokens, EOS text.
/// @throws core::UsageError naming the place in the job file
void check_needs(const Job& job, const SelectionStep& step);

}  // namespace winnow::pipeline
