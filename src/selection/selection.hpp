#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/partition.hpp"

namespace winnow::selection {

/// Rows in pick order, with what the method knows about each pick. A column that the method does
/// not have is absent.
struct Selection {
  std::vector<core::RowId> row;
  std::optional<std::vector<double>> gain;       ///< score x diversity at the moment of the pick
  std::optional<std::vector<double>> score;      ///< the stored number the method went by
  std::optional<std::vector<double>> diversity;  ///< decayed TF-IDF row sum at that moment
  std::optional<std::size_t> filled_from;        ///< first pick that had no positive gain
  std::uint64_t spent = 0;  ///< what the picks cost, in the unit of the budget: rows or tokens
};

}  // namespace winnow::selection
