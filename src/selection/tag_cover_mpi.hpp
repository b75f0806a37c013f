#pragma once

#include <cstdint>

#include "mpi/communicator.hpp"
#include "selection/tag_cover.hpp"

namespace winnow::selection {

/// Collective. `tag_cover` over the rows of all ranks: the whole selection on each. Only rows that
/// have a new tag travel, at most 1,024 of a rank at a time. `rounds` and `amount` are equal on all
/// ranks, `cost` is given on all or none, and a tag has the same number on all; a row id is on one
/// rank only.
[[nodiscard]] Selection tag_cover_mpi(const mpi::Communicator& communicator, const TaggedRows& rows,
                                      TagRounds rounds, std::uint64_t amount);

}  // namespace winnow::selection
