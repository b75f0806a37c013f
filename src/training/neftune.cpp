#include "training/neftune.hpp"

#include <cmath>

#include "core/random.hpp"
#include "training/uniform_values.hpp"

namespace winnow::training {
namespace {

constexpr std::uint64_t kNoiseStage = 0x6E65667475;  // "neftu"

}  // namespace

double neftune_magnitude(double alpha, std::uint64_t length, std::uint64_t width) {
  return alpha / std::sqrt(static_cast<double>(length) * static_cast<double>(width));
}

void neftune_noise(double magnitude, std::uint64_t seed, std::uint64_t epoch, std::uint64_t row,
                   std::span<float> out) {
  uniform_values(magnitude, core::random_word(seed, core::mix64(kNoiseStage + epoch), row), out);
}

}  // namespace winnow::training
