#pragma once

#include <cstdint>
#include <span>

namespace winnow::training {

/// Values uniform in (-magnitude, magnitude), each drawn from the stream's number and its own
/// place.
void uniform_values(double magnitude, std::uint64_t stream, std::span<float> out);

}  // namespace winnow::training
