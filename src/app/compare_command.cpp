#include "app/compare_command.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "app/output.hpp"
#include "core/durable_file.hpp"
#include "pipeline/compare.hpp"
#include "pipeline/json_text.hpp"

namespace winnow::app {
namespace {

using Json = nlohmann::ordered_json;

/// A table of texts; the first row and column are names.
using Table = std::vector<std::vector<std::string>>;

std::string number(const Json& value, const char* form) {
  if (value.is_null()) return "";
  if (value.is_number_integer()) return fmt::format("{}", value.get<std::uint64_t>());
  return fmt::format(fmt::runtime(form), value.get<double>());
}

Table square(const char* title, const Json& names, const Json& rows, const char* form) {
  Table table{{title}};
  for (const Json& name : names) table.front().push_back(name.get<std::string>());
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::vector<std::string>& line = table.emplace_back();
    line.push_back(names[i].get<std::string>());
    for (const Json& value : rows[i]) line.push_back(number(value, form));
  }
  return table;
}

Table sizes(const Json& comparison) {
  Table table{{"selection", "method", "rows", "tokens", "words per answer", "median", "longest",
               "words per instruction", "distinct n-grams"}};
  const bool has_clusters = comparison.contains("clusters");
  if (has_clusters)
    table.front().push_back(
        fmt::format("of {} clusters", number(comparison.at("clusters").at("count"), "")));
  for (const auto& [name, selection] : comparison.at("selections").items()) {
    const Json& answer = selection.at("response_words");
    table.push_back({name, selection.at("method").get<std::string>(),
                     number(selection.at("rows"), ""),
                     selection.contains("tokens") ? number(selection.at("tokens"), "") : "",
                     number(answer.at("mean"), "{:.1f}"), number(answer.at("q50"), "{:.1f}"),
                     number(answer.at("q100"), "{:.0f}"),
                     number(selection.at("instruction_words").at("mean"), "{:.1f}"),
                     number(selection.at("unique_ngrams"), "")});
    if (has_clusters) table.back().push_back(number(selection.at("clusters"), ""));
  }
  return table;
}

std::vector<Table> tables_of(const Json& comparison) {
  const Json& names = comparison.at("names");
  const Json& scores = comparison.at("scores");
  std::vector<Table> tables{
      sizes(comparison), square("rows in both", names, comparison.at("overlap"), ""),
      square("expected by chance", names, comparison.at("expected"), "{:.1f}"),
      square("Jaccard", names, comparison.at("jaccard"), "{:.3f}")};
  if (!scores.at("names").empty())
    tables.push_back(square("Spearman", scores.at("names"), scores.at("spearman"), "{:.3f}"));
  return tables;
}

std::string text_of(const Table& table) {
  std::vector<std::size_t> widths(table.front().size());
  for (const auto& line : table)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  std::string text;
  for (const auto& line : table) {
    for (std::size_t i = 0; i < line.size(); ++i)
      text += i == 0 ? fmt::format("{:<{}}", line[i], widths[i])
                     : fmt::format("  {:>{}}", line[i], widths[i]);
    text += "\n";
  }
  return text + "\n";
}

/// Quoted where commas or quotes stand in it (RFC 4180).
std::string csv_field(const std::string& field) {
  if (field.find_first_of(",\"\n") == std::string::npos) return field;
  std::string quoted = "\"";
  for (const char c : field) quoted.append(c == '"' ? 2 : 1, c);
  quoted.append("\"");
  return quoted;
}

std::string csv_of(const Table& table) {
  std::string text;
  for (const auto& line : table) {
    for (std::size_t i = 0; i < line.size(); ++i)
      text.append(i == 0 ? "" : ",").append(csv_field(line[i]));
    text += "\n";
  }
  return text + "\n";
}

}  // namespace

int compare_command(const mpi::Communicator& communicator, const CommandLine& line) {
  if (!communicator.is_root()) return 0;
  const Json comparison = pipeline::compare(line.paths);
  std::string text, csv;
  for (const Table& table : tables_of(comparison)) {
    text += text_of(table);
    csv += csv_of(table);
  }
  if (line.csv) core::write_file(*line.csv, csv);
  print(line.json ? pipeline::json_text(comparison)
                  : fmt::format("{} rows\n\n{}", comparison.at("rows").get<std::uint64_t>(), text));
  return 0;
}

}  // namespace winnow::app
