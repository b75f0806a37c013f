#pragma once

#include <optional>
#include <span>

#include "core/partition.hpp"
#include "data/sample.hpp"
#include "scoring/record_bytes.hpp"

namespace winnow::scoring {

/// Consecutive rows.
struct RowBlock {
  BlockHeader header;
  core::RowId first_row = 0;
  std::span<const std::optional<data::Sample>> rows;  ///< nullopt: a bad row (status `bad_row`)
};

}  // namespace winnow::scoring
