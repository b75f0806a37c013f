#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/score_status.hpp"
#include "store/attributes.hpp"

namespace winnow::store {

/// What was asked for and what came of it: the attributes of selection/<name>.h5.
struct SelectionInfo {
  std::string method;
  Attributes parameters;          ///< every parameter under its name in the job file, defaults too
  std::string budget_asked;       ///< as the job writes it: "1000", "5%", "2M tokens"
  std::uint64_t budget_rows = 0;  ///< rows got
  std::optional<std::uint64_t> budget_tokens;  ///< tokens got, for a budget in tokens
  std::uint64_t rows = 0;                      ///< in the data set
  std::uint64_t eligible = 0;                  ///< that could be picked
  std::array<std::uint64_t, core::kScoreStatusNames.size()>
      status_counts{};  ///< rows by the status of the score that was used
  std::string code_version;
  Attributes more;  ///< tfidf_rows, tfidf_terms, tfidf_df_sum, ...
};

/// In the order of picking; every span is [k], or empty where the method has no such number: then
/// the dataset is absent.
struct SelectionColumns {
  std::span<const std::uint64_t> row;
  std::span<const double> gain;
  std::span<const double> score;
  std::span<const double> diversity;
  /// [rows of the data set], or empty: the dataset is then absent
  std::span<const std::uint8_t> left_out_by;
};

/// Written by one process. @throws EnvironmentError
void write_selection(const std::filesystem::path& path, const SelectionInfo& info,
                     const SelectionColumns& columns);

struct Selection {
  std::vector<std::uint64_t> row;
  std::optional<std::vector<double>> gain;
  std::optional<std::vector<double>> score;
  std::optional<std::vector<double>> diversity;
  std::optional<std::vector<std::uint8_t>> left_out_by;
  Attributes attributes;
};

/// Written by one process: the rows of `selection` under other numbers, the rest as it is.
/// @param row   [k] its rows' numbers in a data set of `rows` rows
/// @throws EnvironmentError
void write_renumbered(const std::filesystem::path& path, const Selection& selection,
                      std::span<const std::uint64_t> row, std::uint64_t rows);

/// @throws ModelError if the file is damaged or incomplete
[[nodiscard]] Selection read_selection(const std::filesystem::path& path);

}  // namespace winnow::store
