#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/partition.hpp"

namespace winnow::selection {

/// The order in which IterIT's rows stand behind a selection: the next epoch's pool is its
/// beginning.
///
/// Faithful (the released code): the picks; the pool's rows with a score of 1 or more in their
/// order; the pool's other rows, highest score first; then what was behind the pool, untouched.
/// Rows of the pool without a score are gone. Else: the picks; all other rows with a score below 1,
/// highest first; those of 1 and more, lowest first. Rows without a score are gone. So a row that
/// was never in a pool comes into one when those before it have become easier, and none that cannot
/// be picked takes a place in it.
///
/// Ties: as they stood in `order` where faithful, else the smaller row first.
/// @param order  of the rows before, each once
/// @param pool   how many of its first rows were scored and could be picked
/// @param picks  in order; a row may come several times
/// @param score  [rows of the data set] the newest of each row, NaN: none
/// Source: IterIT (arXiv:2412.17365), iterative_trainer.py.
[[nodiscard]] std::vector<core::RowId> order_behind_selection(std::span<const core::RowId> order,
                                                              std::size_t pool,
                                                              std::span<const core::RowId> picks,
                                                              std::span<const double> score,
                                                              bool faithful);

}  // namespace winnow::selection
