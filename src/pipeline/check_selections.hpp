#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/job.hpp"

namespace winnow::pipeline {

/// What `--check` found in the data.
struct CheckedRows {
  std::uint64_t rows = 0;
  std::uint64_t readable = 0;
};

/// Rows that a selection leaves at most.
/// @throws core::DataError for a budget that these rows cannot fill
[[nodiscard]] std::uint64_t most_rows(const SelectionJob& selection, const CheckedRows& rows);

/// Every selection of the job in a line: its steps with their parameters, and, where the rows are
/// known, how many each can leave at most and what it compares on the way.
/// @param rows  nothing where the data was not read
/// @throws core::DataError for a budget that these rows cannot fill
[[nodiscard]] std::vector<std::string> check_selections(const Job& job,
                                                        const std::optional<CheckedRows>& rows);

}  // namespace winnow::pipeline
