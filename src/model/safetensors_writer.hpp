#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/durable_file.hpp"
#include "core/hash.hpp"

namespace winnow::model {

/// A tensor as the header of a safetensors file tells of it.
struct TensorHead {
  std::string name;
  std::string dtype;  ///< the format's own name: F32, BF16, I32, I64
  std::vector<std::uint64_t> shape;
  [[nodiscard]] std::uint64_t bytes() const;
};

/// The first bytes of a file of these tensors, in this order: length of the header and header.
/// @throws core::InternalError for a dtype that winnow does not write
[[nodiscard]] std::string safetensors_head(const std::vector<TensorHead>& tensors,
                                           const std::map<std::string, std::string>& metadata);

/// A safetensors file on its way: the bytes of all tensors one after another, in the order of the
/// heads. @throws core::EnvironmentError naming the file
class SafetensorsWriter {
 public:
  SafetensorsWriter(const std::filesystem::path& path, const std::vector<TensorHead>& tensors,
                    const std::map<std::string, std::string>& metadata);
  void write(std::string_view bytes);
  /// Everything is on the disk when this returns. @returns XXH3-128 of the file
  core::Hash128 finish();

 private:
  core::OutputFile file_;
  core::StreamHash hash_;
  std::uint64_t expected_ = 0;
};

}  // namespace winnow::model
