#pragma once

#include <cstdint>
#include <span>

#include "selection/counted_mpi.hpp"
#include "selection/position.hpp"

namespace winnow::selection {

/// A place in the order that splits the positions of all ranks.
struct Cut {
  Position end;             ///< first position that is not before the cut
  std::uint64_t count = 0;  ///< positions before it, over all ranks
};

/// Which positions count, and how finely their keys are split in the first pass.
struct CutRange {
  std::uint64_t low = 0;   ///< keys from here ...
  std::uint64_t high = 0;  ///< ... to here, both included
  unsigned shift =
      52;  ///< a first bucket is 2^shift keys wide; the last one takes all further keys
};

/// Collective. A cut with at least `least` and at most `most` positions before it (`least` <=
/// `most`), or all of the range where there are no more than `most`. Histograms of integers,
/// narrowed until a bucket's edge fits and, within one key, by row id: the cut and the traffic
/// depend on the positions of all ranks together only. No position stands on two ranks.
[[nodiscard]] Cut find_cut(CountedCollectives& collectives, std::span<const Position> positions,
                           const CutRange& range, std::uint64_t least, std::uint64_t most);

}  // namespace winnow::selection
