#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::model {

/// One tensor of a safetensors file; the bytes live as long as the file object.
struct TensorView {
  std::string dtype;  ///< the format's own name: F32, F16, BF16, I64, ...
  std::vector<std::uint64_t> shape;
  std::span<const std::byte> bytes;  ///< little-endian, row-major; not necessarily aligned
};

struct TensorPlace {
  std::string dtype;
  std::vector<std::uint64_t> shape;
  std::uint64_t begin = 0;  ///< byte offset from the end of the header
  std::uint64_t end = 0;
};

/// The tensors that a safetensors header describes, checked: offsets begin at 0, touch, neither
/// overlap nor leave holes, end at `data_size`; each size is its shape times its element size; no
/// name comes twice.
/// @throws core::ModelError naming `file`, the tensor, what was found and what was expected.
[[nodiscard]] std::map<std::string, TensorPlace> parse_safetensors_header(std::string_view header,
                                                                          std::uint64_t data_size,
                                                                          const std::string& file);

/// A safetensors file mapped into memory, its whole header checked before a tensor's byte is used.
class SafetensorsFile {
 public:
  /// @throws core::ModelError if the header is malformed; core::EnvironmentError if the file cannot
  /// be read.
  explicit SafetensorsFile(const std::filesystem::path& path);
  ~SafetensorsFile();
  SafetensorsFile(SafetensorsFile&&) noexcept;
  SafetensorsFile& operator=(SafetensorsFile&&) = delete;
  SafetensorsFile(const SafetensorsFile&) = delete;
  SafetensorsFile& operator=(const SafetensorsFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const std::map<std::string, TensorPlace>& tensors() const { return tensors_; }
  [[nodiscard]] TensorView view(const std::string& name) const;

 private:
  void unmap() noexcept;

  std::filesystem::path path_;
  std::span<const std::byte> mapping_;
  std::size_t data_begin_ = 0;
  std::map<std::string, TensorPlace> tensors_;
};

}  // namespace winnow::model
