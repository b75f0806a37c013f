#pragma once

#include <filesystem>
#include <string>

#include "pipeline/context.hpp"

namespace winnow::pipeline {

/// Collective. Where this rank reads a model's weights: the model's folder or, where the job names
/// a folder on local disk to stage it in, a copy there. One rank of each machine sees to the copy
/// (provide_copy).
/// @param fingerprint  model::WeightFiles::fingerprint of the folder
/// @throws core::EnvironmentError where the copy does not fit or does not become equal,
/// core::Interrupted where a rank that copies was asked to stop
[[nodiscard]] std::filesystem::path staged_weights(const Context& context,
                                                   const ModelScorer& scorer,
                                                   const std::string& fingerprint);

}  // namespace winnow::pipeline
