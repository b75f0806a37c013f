#include "selection/expression_mpi.hpp"

#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"

namespace winnow::selection {

ExpressionValues evaluate_mpi(const mpi::Communicator& communicator, const Expression& expression,
                              std::size_t rows, std::span<const ExpressionColumn> columns) {
  const auto inputs =
      mpi::agree_on(communicator, [&] { return aggregate_inputs(expression, rows, columns); });
  const std::vector<AggregateValue> aggregates = aggregate_values(
      expression, inputs,
      [&](std::span<std::uint64_t> numbers) { mpi::sum_in_place(communicator, numbers); });
  return mpi::agree_on(communicator,
                       [&] { return row_values(expression, rows, columns, aggregates); });
}

}  // namespace winnow::selection
