#include "pipeline/imported_scores.hpp"

#include <limits>

#include <fmt/format.h>

#include "core/error.hpp"
#include "pipeline/import_rows.hpp"

namespace winnow::pipeline {

ImportedScores read_imported_scores(const ImportedScorer& scorer, std::uint64_t rows) {
  ImportedScores scores;
  const auto take = [&](std::uint64_t row, const nlohmann::json& value) {
    if (!value.is_number() && !value.is_null())
      throw core::DataError(fmt::format("{}: row {}: found {}, expected a number or null",
                                        scorer.path.string(), row, value.type_name()));
    scores.values.push_back(value.is_null() ? std::numeric_limits<double>::quiet_NaN()
                                            : value.get<double>());
    scores.status.push_back(value.is_null() ? core::ScoreStatus::not_given : core::ScoreStatus::ok);
  };
  scores.file_hash = import_rows(scorer, rows, {"number or null", false, take});
  return scores;
}

}  // namespace winnow::pipeline
