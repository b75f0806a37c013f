#include "model/weight_memory.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::model {
namespace {

double gibibytes(std::uint64_t bytes) { return static_cast<double>(bytes) / (1ULL << 30); }

/// Elements of the largest matrix that is widened for a product: tiles of the head are smaller.
std::uint64_t largest_product(const DecoderConfig& config) {
  const std::uint64_t heads = config.heads + 2ULL * config.kv_heads;
  const std::uint64_t inner = (config.is_gated ? 2ULL : 1ULL) * config.intermediate_size;
  return config.hidden_size * std::max(heads * config.head_size, inner);
}

}  // namespace

WeightMemory weight_memory(const WeightFiles& files, const DecoderConfig& config,
                           Precision precision, bool reads_in_place) {
  const bool is_bf16 = precision == Precision::bf16;
  WeightMemory memory;
  for (const auto& [dtype, elements] : files.elements()) {
    const bool is_in_place = reads_in_place && !config.tensors.are_matrices_transposed &&
                             dtype == (is_bf16 ? "BF16" : "F32");
    (is_in_place ? memory.shared : memory.own) += elements * (is_bf16 ? 2 : 4);
  }
  if (is_bf16 && reads_in_place) memory.own += largest_product(config) * 4;
  return memory;
}

void expect_memory(const WeightMemory& needed, int processes,
                   std::optional<std::uint64_t> available, const std::filesystem::path& folder) {
  const std::uint64_t all = needed.shared + static_cast<std::uint64_t>(processes) * needed.own;
  if (!available || all <= *available) return;
  throw core::EnvironmentError(fmt::format(
      "{}: the weights take {:.1f} GiB for all processes of this node and {:.1f} GiB for each of "
      "{}, in all {:.1f} GiB; expected at most the {:.1f} GiB that are free: fewer ranks on a "
      "node, "
      "dtype: bf16, or more memory",
      folder.string(), gibibytes(needed.shared), gibibytes(needed.own), processes, gibibytes(all),
      gibibytes(*available)));
}

}  // namespace winnow::model
