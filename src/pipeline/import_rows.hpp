#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <nlohmann/json.hpp>

#include "pipeline/job.hpp"

namespace winnow::pipeline {

/// What a row's value is.
struct ImportedValue {
  std::string name;      ///< for messages: `number or null`
  bool is_list = false;  ///< of texts, or null
  /// Takes the next row's. @throws core::DataError naming the row for one that it cannot be
  std::function<void(std::uint64_t row, const nlohmann::json& value)> take;
};

/// Reads one value per row in file order: a JSON list, an object with such a list under `key`, or
/// JSON Lines with one value a line; where values are lists, a list that begins with a text, or is
/// empty, is the first row's and makes JSON Lines.
/// @returns the hash of the file
/// @throws core::DataError naming the file, the row and, where it is not JSON, the byte (of the
/// line, in JSON Lines) and what stands there; no such key, a number that no double holds, not
/// `rows` values.
std::string import_rows(const ImportedScorer& scorer, std::uint64_t rows,
                        const ImportedValue& value);

}  // namespace winnow::pipeline
