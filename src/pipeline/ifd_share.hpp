#pragma once

#include <cstdint>

#include "pipeline/candidates.hpp"
#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"

namespace winnow::pipeline {

/// How many rows the step's `ifd_share` of all `rows` comes to.
/// @throws core::DataError if it comes to none
[[nodiscard]] std::uint64_t rows_of_share(const SelectionStep& step, std::uint64_t rows);

/// Collective. Superfiltering.D's first step: the candidates with the highest IFD, `ifd_share` of
/// all rows of the data set. The counts of statuses stay those of all candidates.
/// @param amount  rows or tokens that are picked of them
/// @throws core::DataError for a share of no rows, core::UsageError if it leaves less than `amount`
[[nodiscard]] Candidates within_ifd_share(const Context& context, const IndexedData& data,
                                          const SelectionStep& step, const Candidates& candidates,
                                          std::uint64_t amount);

}  // namespace winnow::pipeline
