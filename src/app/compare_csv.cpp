#include "app/compare_csv.hpp"

#include "core/csv.hpp"

namespace winnow::app {
namespace {

using Json = nlohmann::ordered_json;

class Lines {
 public:
  /// A member of an object gets a line of its own: `tokens.smollm2`.
  void add(const std::string& table, const std::string& row, const std::string& column,
           const Json& value) {
    if (value.is_object())
      for (const auto& [name, member] : value.items()) add(table, row, column + "." + name, member);
    else if (!value.is_null())
      text_ += core::csv_field(table) + "," + core::csv_field(row) + "," + core::csv_field(column) +
               "," + core::csv_field(value.is_string() ? value.get<std::string>() : value.dump()) +
               "\n";
  }

  void add_square(const std::string& table, const Json& names, const Json& rows) {
    for (std::size_t i = 0; i < names.size(); ++i)
      for (std::size_t j = 0; j < names.size(); ++j)
        add(table, names[i].get<std::string>(), names[j].get<std::string>(), rows[i][j]);
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_ = "table,row,column,value\n";
};

}  // namespace

std::string compare_csv(const Json& comparison) {
  Lines lines;
  for (const auto& [name, selection] : comparison.at("selections").items())
    for (const auto& [column, value] : selection.items())
      lines.add("selections", name, column, value);
  for (const char* table : {"overlap", "jaccard", "expected"})
    lines.add_square(table, comparison.at("names"), comparison.at(table));
  const Json& scores = comparison.at("scores");
  lines.add_square("spearman", scores.at("names"), scores.at("spearman"));
  return lines.text();
}

}  // namespace winnow::app
