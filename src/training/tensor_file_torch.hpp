#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "training/parameters_torch.hpp"

namespace winnow::training {

/// Bytes of a tensor as a file has it: BF16 or F32.
[[nodiscard]] std::uint64_t stored_bytes(const NamedTensor& tensor, bool is_bf16);

/// Writes a safetensors file as transformers does, with what is added to the tensors, and reads it
/// back. @throws core::EnvironmentError naming the file that cannot be written or that does not
/// read back as it was written
void write_tensor_file(const std::filesystem::path& file,
                       const std::vector<const NamedTensor*>& tensors, bool is_bf16);

}  // namespace winnow::training
