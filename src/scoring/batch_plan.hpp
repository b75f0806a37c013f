#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace winnow::scoring {

/// Cuts segments into batches: ordered by length (longest first, ties by index), each batch at most
/// `budget` tokens; a longer segment is a batch of its own. The plan depends on the lengths alone,
/// so equal blocks give equal batches on any rank.
/// @param lengths  tokens of each segment; segments of length 0 are left out
/// @returns        indices into `lengths`, batch by batch
[[nodiscard]] std::vector<std::vector<std::uint32_t>> plan_batches(
    std::span<const std::uint32_t> lengths, std::uint32_t budget);

}  // namespace winnow::scoring
