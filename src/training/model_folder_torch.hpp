#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "training/parameters_torch.hpp"

namespace winnow::training {

struct ModelFolderOptions {
  /// The folder that the model came from: configuration, tokenizer, chat template and generation
  /// settings are its.
  std::filesystem::path source;
  bool is_bf16 = false;                                ///< weights are stored as BF16, else as F32
  std::uint64_t shard_bytes = std::uint64_t{5} << 30;  ///< of one weight file, at most
};

/// Bytes of the weight files.
[[nodiscard]] std::uint64_t weight_bytes(const std::vector<NamedTensor>& tensors,
                                         const ModelFolderOptions& options);

/// Writes a Hugging Face folder beside `target`, reads it back, seals it (sealed_folder.hpp) and
/// gives it its name; what had the name before is removed. By one process.
/// @throws core::EnvironmentError naming the file that cannot be written or that does not read back
/// as it was written
void write_model_folder(const std::filesystem::path& target,
                        const std::vector<NamedTensor>& tensors, const ModelFolderOptions& options,
                        const std::string& made_from);

}  // namespace winnow::training
