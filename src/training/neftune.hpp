#pragma once

#include <cstdint>
#include <span>

namespace winnow::training {

/// Which length L of a sequence NEFTune's magnitude alpha / sqrt(L d) counts.
enum class NeftuneLength {
  real,   ///< the sequence's own tokens (the authors' training code)
  padded  ///< the longest sequence of the micro-batch (transformers' hook)
};

/// Noise for one row in one epoch: uniform in (-magnitude, magnitude), drawn from (seed, epoch,
/// row) and the element's place, whatever batch the row is in. `out` is [tokens, width]. Source:
/// NEFTune, arXiv:2310.05914, section 2.
void neftune_noise(double magnitude, std::uint64_t seed, std::uint64_t epoch, std::uint64_t row,
                   std::span<float> out);

/// alpha / sqrt(length * width)
[[nodiscard]] double neftune_magnitude(double alpha, std::uint64_t length, std::uint64_t width);

}  // namespace winnow::training
