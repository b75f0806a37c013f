#include "training/neftune.hpp"

#include <cmath>

#include "core/random.hpp"

namespace winnow::training {
namespace {

constexpr std::uint64_t kNoiseStage = 0x6E65667475;  // "neftu"

/// A 32-bit word as the middle of one of 2^32 equal parts of (-1, 1).
double centred(std::uint32_t word) { return (static_cast<double>(word) + 0.5) * 0x1p-31 - 1; }

}  // namespace

double neftune_magnitude(double alpha, std::uint64_t length, std::uint64_t width) {
  return alpha / std::sqrt(static_cast<double>(length) * static_cast<double>(width));
}

void neftune_noise(double magnitude, std::uint64_t seed, std::uint64_t epoch, std::uint64_t row,
                   std::span<float> out) {
  const std::uint64_t stream = core::random_word(seed, core::mix64(kNoiseStage + epoch), row);
  for (std::size_t i = 0; i < out.size(); i += 2) {
    const std::uint64_t word = core::mix64(stream ^ core::mix64(i));
    out[i] = static_cast<float>(magnitude * centred(static_cast<std::uint32_t>(word)));
    if (i + 1 < out.size())
      out[i + 1] = static_cast<float>(magnitude * centred(static_cast<std::uint32_t>(word >> 32)));
  }
}

}  // namespace winnow::training
