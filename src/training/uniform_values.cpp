#include "training/uniform_values.hpp"

#include <cstddef>

#include "core/random.hpp"

namespace winnow::training {
namespace {

/// A 32-bit word as the middle of one of 2^32 equal parts of (-1, 1).
double centred(std::uint32_t word) { return (static_cast<double>(word) + 0.5) * 0x1p-31 - 1; }

}  // namespace

void uniform_values(double magnitude, std::uint64_t stream, std::span<float> out) {
  for (std::size_t i = 0; i < out.size(); i += 2) {
    const std::uint64_t word = core::mix64(stream ^ core::mix64(i));
    out[i] = static_cast<float>(magnitude * centred(static_cast<std::uint32_t>(word)));
    if (i + 1 < out.size())
      out[i + 1] = static_cast<float>(magnitude * centred(static_cast<std::uint32_t>(word >> 32)));
  }
}

}  // namespace winnow::training
