#pragma once

#include <vector>

#include "core/hash.hpp"
#include "core/partition.hpp"

namespace winnow::data {

/// A user's row id, as core::hash128 of its text.
struct RowIdHash {
  core::Hash128 id;
  core::RowId row = 0;
};

/// @throws core::DataError naming the first row that repeats an earlier row's id, and that row.
void require_unique_ids(std::vector<RowIdHash> ids);

}  // namespace winnow::data
