#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/half.hpp"
#include "core/score_status.hpp"

namespace winnow::scoring {

using ColumnValues =
    std::variant<std::vector<double>, std::vector<std::uint32_t>, std::vector<core::ScoreStatus>,
                 std::vector<float>, std::vector<core::Half>, std::vector<std::string>>;

/// What is known of every row under one name; `width` values for each.
struct Column {
  std::string name;
  std::uint32_t width = 1;
  ColumnValues values;
  bool operator==(const Column&) const = default;
};

/// Columns over the same rows.
struct Table {
  std::uint64_t rows = 0;
  std::vector<Column> columns;

  /// Adds a column of `rows` values that are all `value`.
  template <class T>
  [[nodiscard]] std::vector<T>& add(std::string name, T value = {}) {
    columns.push_back({std::move(name), 1, std::vector<T>(rows, value)});
    return std::get<std::vector<T>>(columns.back().values);
  }
  /// nullptr if there is no such column.
  [[nodiscard]] const Column* find(std::string_view name) const;
  /// @throws core::ModelError if there is no such column of this type.
  template <class T>
  [[nodiscard]] const std::vector<T>& get(std::string_view name) const {
    const Column* column = find(name);
    const auto* values = column == nullptr ? nullptr : std::get_if<std::vector<T>>(&column->values);
    if (values == nullptr) throw_missing(name);
    return *values;
  }
  /// Adds the rows of `other`, whose columns must be the same. @throws core::ModelError if not.
  void append(const Table& other);

  bool operator==(const Table&) const = default;

 private:
  [[noreturn]] static void throw_missing(std::string_view name);
};

}  // namespace winnow::scoring
