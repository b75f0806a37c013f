#include "scoring/table.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::scoring {

const Column* Table::find(std::string_view name) const {
  const auto found = std::ranges::find(columns, name, &Column::name);
  return found == columns.end() ? nullptr : &*found;
}

void Table::throw_missing(std::string_view name) {
  throw core::ModelError(
      fmt::format("journal: a block of scores has no column {} of the type expected", name));
}

void Table::append(const Table& other) {
  const auto same = [](const Column& a, const Column& b) {
    return a.name == b.name && a.width == b.width && a.values.index() == b.values.index();
  };
  if (!std::ranges::equal(columns, other.columns, same))
    throw core::ModelError("journal: two blocks of scores have other columns, expected the same");
  for (std::size_t i = 0; i < columns.size(); ++i)
    std::visit(
        [&]<class T>(std::vector<T>& values) {
          const auto& more = std::get<std::vector<T>>(other.columns[i].values);
          values.insert(values.end(), more.begin(), more.end());
        },
        columns[i].values);
  rows += other.rows;
}

}  // namespace winnow::scoring
