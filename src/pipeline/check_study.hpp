#pragma once

#include <optional>
#include <string>

#include "pipeline/check_selections.hpp"
#include "pipeline/job.hpp"

namespace winnow::pipeline {

/// How many cells the job's study has, how many steps they take at most where the rows are known,
/// and the disk that it needs at once.
/// @param parameters  of the model that is trained; nothing where its folder is not there
/// @throws core::DataError for a budget that these rows cannot fill
[[nodiscard]] std::string check_study(const Job& job, const std::optional<CheckedRows>& rows,
                                      std::optional<std::uint64_t> parameters);

}  // namespace winnow::pipeline
