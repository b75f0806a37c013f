#pragma once

#include <cstddef>
#include <span>

#include "mpi/communicator.hpp"
#include "selection/expression.hpp"

namespace winnow::selection {

/// Collective twin of evaluate(): each rank passes its own rows and gets their values; aggregates
/// go over the rows of all ranks, to the same bits for any split. `expression` is equal on all
/// ranks.
[[nodiscard]] ExpressionValues evaluate_mpi(const mpi::Communicator& communicator,
                                            const Expression& expression, std::size_t rows,
                                            std::span<const ExpressionColumn> columns);

}  // namespace winnow::selection
