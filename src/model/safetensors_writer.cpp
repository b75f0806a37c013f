#include "model/safetensors_writer.hpp"

#include <bit>
#include <cstring>

#include <nlohmann/json.hpp>

#include "core/error.hpp"

namespace winnow::model {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

std::uint64_t element_bytes(const std::string& dtype) {
  if (dtype == "I64") return 8;
  if (dtype == "F32" || dtype == "I32") return 4;
  if (dtype == "BF16") return 2;
  throw core::InternalError("broken invariant: a tensor is written as F32, BF16, I32 or I64, not " +
                            dtype);
}

}  // namespace

std::uint64_t TensorHead::bytes() const {
  std::uint64_t bytes = element_bytes(dtype);
  for (const std::uint64_t size : shape) bytes *= size;
  return bytes;
}

std::string safetensors_head(const std::vector<TensorHead>& tensors,
                             const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json json;
  json["__metadata__"] = metadata;
  std::uint64_t offset = 0;
  for (const TensorHead& tensor : tensors) {
    const std::uint64_t end = offset + tensor.bytes();
    json[tensor.name] = {
        {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string header = json.dump();
  constexpr std::size_t kAlignment = 8;
  header.resize((header.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
  const std::uint64_t length = header.size();
  std::string head(sizeof length, '\0');
  std::memcpy(head.data(), &length, sizeof length);
  return head + header;
}

SafetensorsWriter::SafetensorsWriter(const std::filesystem::path& path,
                                     const std::vector<TensorHead>& tensors,
                                     const std::map<std::string, std::string>& metadata)
    : file_(path, /*exclusive=*/false) {
  const std::string head = safetensors_head(tensors, metadata);
  expected_ = head.size();
  for (const TensorHead& tensor : tensors) expected_ += tensor.bytes();
  write(head);
}

void SafetensorsWriter::write(std::string_view bytes) {
  hash_.update(bytes);
  file_.write(bytes);
}

core::Hash128 SafetensorsWriter::finish() {
  core::check(file_.size() == expected_, "a safetensors file holds what its header says");
  file_.sync();
  file_.close();
  return hash_.digest();
}

}  // namespace winnow::model
