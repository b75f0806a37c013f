#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mpi/communicator.hpp"
#include "tfidf/weighted_rows.hpp"

namespace winnow::selection {

/// Numbers for the terms of all ranks: a term's place in their ascending order, the same for every
/// number of ranks.
struct TermIds {
  std::vector<std::uint32_t> id;  ///< of each of this rank's terms
  std::uint64_t total = 0;        ///< distinct terms over all ranks
};

/// Collective. `terms` ascending. Each key travels once to its owner, the rank that holds its range
/// of hashes, and its number back.
/// @throws InternalError on all ranks for 2^32 terms or more.
[[nodiscard]] TermIds number_terms(const mpi::Communicator& communicator,
                                   std::span<const tfidf::TermKey> terms);

}  // namespace winnow::selection
