#include "training/tensor_file_torch.hpp"

#include <ATen/TensorOperators.h>
#include <fmt/format.h>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "model/safetensors_writer.hpp"

namespace winnow::training {
namespace {

namespace fs = std::filesystem;

model::TensorHead head_of(const NamedTensor& tensor, bool is_bf16) {
  model::TensorHead head{tensor.name, is_bf16 ? "BF16" : "F32", {}};
  for (const std::int64_t size : tensor.values.sizes())
    head.shape.push_back(static_cast<std::uint64_t>(size));
  return head;
}

void expect_written(const fs::path& file, const core::Hash128& hash) {
  if (core::hash_file(file.string()) != hash)
    throw core::EnvironmentError(fmt::format(
        "{}: does not read back as it was written: expected a disk that keeps what it is given",
        file.string()));
}

}  // namespace

std::uint64_t stored_bytes(const NamedTensor& tensor, bool is_bf16) {
  return head_of(tensor, is_bf16).bytes();
}

void write_tensor_file(const fs::path& file, const std::vector<const NamedTensor*>& tensors,
                       bool is_bf16) {
  std::vector<model::TensorHead> heads;
  for (const NamedTensor* tensor : tensors) heads.push_back(head_of(*tensor, is_bf16));
  model::SafetensorsWriter writer(file, heads, {{"format", "pt"}});
  for (const NamedTensor* tensor : tensors) {
    const at::Tensor values = tensor->added ? tensor->values + tensor->added() : tensor->values;
    const at::Tensor stored =
        values.detach().cpu().to(is_bf16 ? at::kBFloat16 : at::kFloat).contiguous();
    writer.write({static_cast<const char*>(stored.const_data_ptr()), stored.nbytes()});
  }
  expect_written(file, writer.finish());
}

}  // namespace winnow::training
