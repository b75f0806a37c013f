#include "pipeline/imported_scores.hpp"

#include <cmath>
#include <limits>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"

namespace winnow::pipeline {
namespace {

constexpr std::uint64_t kLargestImport = std::uint64_t{8} << 30;

void add(ImportedScores& scores, const nlohmann::json& value, const std::string& file) {
  if (value.is_null()) {
    scores.values.push_back(std::numeric_limits<double>::quiet_NaN());
    scores.status.push_back(core::ScoreStatus::not_given);
    return;
  }
  if (!value.is_number())
    throw core::DataError(fmt::format("{}: row {}: found {}, expected a number or null", file,
                                      scores.values.size(), value.type_name()));
  const double number = value.get<double>();
  if (!std::isfinite(number))
    throw core::DataError(
        fmt::format("{}: row {}: found a number that no double holds, expected a finite one", file,
                    scores.values.size()));
  scores.values.push_back(number);
  scores.status.push_back(core::ScoreStatus::ok);
}

}  // namespace

ImportedScores read_imported_scores(const ImportedScorer& scorer, std::uint64_t rows) {
  const std::string file = scorer.path.string();
  std::string bytes;
  try {
    bytes = core::read_file(scorer.path, kLargestImport);
  } catch (const core::EnvironmentError& error) {
    throw core::DataError(error.what());
  }
  ImportedScores scores;
  scores.file_hash = core::to_hex(core::hash128(bytes));
  nlohmann::json document = nlohmann::json::parse(bytes, nullptr, /*allow_exceptions=*/false);
  if (!scorer.key.empty()) {
    if (!document.is_object() || !document.contains(scorer.key))
      throw core::DataError(fmt::format(
          "{}: found {}, expected a JSON object with the key '{}'", file,
          document.is_discarded() ? "no JSON"
                                  : (document.is_object() ? "other keys" : document.type_name()),
          scorer.key));
    document = document.at(scorer.key);
  }
  if (document.is_array()) {
    for (const nlohmann::json& value : document) add(scores, value, file);
  } else if (scorer.key.empty()) {
    std::istringstream lines(bytes);
    std::string line;
    while (std::getline(lines, line)) {
      const nlohmann::json value = nlohmann::json::parse(line, nullptr, false);
      if (value.is_discarded())
        throw core::DataError(
            fmt::format("{}: row {}: not JSON, expected a list, or one number or null a line", file,
                        scores.values.size()));
      add(scores, value, file);
    }
  } else {
    throw core::DataError(fmt::format("{}: '{}' is {}, expected a list of numbers and nulls", file,
                                      scorer.key, document.type_name()));
  }
  if (scores.values.size() != rows)
    throw core::DataError(fmt::format("{}: {} scores, expected {}: one for each row of the data",
                                      file, scores.values.size(), rows));
  return scores;
}

}  // namespace winnow::pipeline
