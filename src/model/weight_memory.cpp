#include "model/weight_memory.hpp"

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::model {
namespace {

double gibibytes(std::uint64_t bytes) { return static_cast<double>(bytes) / (1ULL << 30); }

}  // namespace

void expect_memory(const WeightMemory& needed, int processes,
                   std::optional<std::uint64_t> available, const std::filesystem::path& folder) {
  const std::uint64_t all = needed.shared + static_cast<std::uint64_t>(processes) * needed.own;
  if (!available || all <= *available) return;
  throw core::EnvironmentError(fmt::format(
      "{}: the weights take {:.1f} GiB for all processes of this node and {:.1f} GiB for each of "
      "{}, in all {:.1f} GiB; expected at most the {:.1f} GiB that are free: fewer ranks on a "
      "node, dtype: bf16, or more memory",
      folder.string(), gibibytes(needed.shared), gibibytes(needed.own), processes, gibibytes(all),
      gibibytes(*available)));
}

}  // namespace winnow::model
