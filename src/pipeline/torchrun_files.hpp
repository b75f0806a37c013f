#pragma once

#include <filesystem>

#include "pipeline/torchrun.hpp"

namespace winnow::pipeline {

/// What goes to the engine and what comes back, all of it in one folder. By root alone.
struct TorchrunFiles {
  std::filesystem::path folder;

  [[nodiscard]] std::filesystem::path recipe() const { return folder / "recipe.json"; }
  [[nodiscard]] std::filesystem::path rows() const { return folder / "rows.safetensors"; }

  /// rows.safetensors: `ids` of all rows one after another and the `ends` of each row in it,
  /// `targets` [ranges, 2] within their row and the `target_ends` of each row in it, `order`
  /// [steps, batch], the row of each place, -1 for none. @throws core::EnvironmentError
  void write(const TorchrunWork& work, const FinetuneJob& job) const;
};

/// Makes a sealed model folder of weights that the engine left: what stands beside the weights is
/// that of the model that was trained. By root alone.
/// @param weights  the engine's folder, which is gone afterwards
/// @throws core::ModelError if winnow cannot read what came back
void take_back(const std::filesystem::path& weights, const std::filesystem::path& target,
               const FinetuneJob& job, const std::string& made_from);

}  // namespace winnow::pipeline
