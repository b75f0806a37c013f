#include "app/compare_text.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"

namespace winnow::app {
namespace {

using Json = nlohmann::ordered_json;

/// Lines of texts; the first of each stands to the left of its column, the others to the right.
using Table = std::vector<std::vector<std::string>>;

std::string count(const Json& value) { return fmt::format("{}", value.get<std::uint64_t>()); }

std::string decimal(const Json& value, int decimals) {
  return value.is_null() ? "-" : fmt::format("{:.{}f}", value.get<double>(), decimals);
}

std::string text_of(const Table& table) {
  std::vector<std::size_t> widths(table.front().size());
  for (const auto& line : table)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  std::string text;
  for (const auto& line : table) {
    std::string written = fmt::format("{:<{}}", line[0], widths[0]);
    for (std::size_t i = 1; i < line.size(); ++i)
      written += fmt::format("  {:>{}}", line[i], widths[i]);
    text += written + "\n";
  }
  return text + "\n";
}

/// ` 1  iterit`, ...
std::vector<std::string> numbered(const std::vector<std::string>& names) {
  const std::size_t width = std::to_string(names.size()).size();
  std::vector<std::string> labels;
  for (const std::string& name : names)
    labels.push_back(fmt::format("{:>{}}  {}", labels.size() + 1, width, core::one_line(name)));
  return labels;
}

template <typename Form>
std::string square(const std::string& title, const Json& names, const Json& rows, Form&& form) {
  const std::vector<std::string> labels = numbered(names.get<std::vector<std::string>>());
  Table table{{title}};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    table.front().push_back(std::to_string(i + 1));
    std::vector<std::string>& line = table.emplace_back();
    line.push_back(labels[i]);
    for (const Json& value : rows[i]) line.push_back(form(value));
  }
  return text_of(table);
}

/// The selections; a star behind those whose run has other data or scores now.
std::vector<std::string> marked(const Json& selections) {
  std::vector<std::string> names;
  for (const auto& [name, selection] : selections.items())
    names.push_back(name + (selection.at("current").get<bool>() ? "" : "*"));
  return numbered(names);
}

std::string recipes(const Json& comparison) {
  const Json& selections = comparison.at("selections");
  const std::vector<std::string> labels = marked(selections);
  const std::size_t width = std::ranges::max(labels, {}, &std::string::size).size();
  std::string text;
  bool is_any_outdated = false;
  for (auto label = labels.begin(); const Json& selection : selections) {
    text += fmt::format("{:<{}}  {}\n", *label++, width,
                        core::one_line(selection.at("made_by").get<std::string>()));
    is_any_outdated |= !selection.at("current").get<bool>();
  }
  if (is_any_outdated)
    text +=
        "* made from other data or scores than stand in its run now; tokens, clusters and "
        "correlations are of those that stand there\n";
  return text + "\n";
}

std::string contents(const Json& comparison) {
  Table table{{""}, {"what they hold"}};
  const auto head = [&](const std::string& over, const std::string& under) {
    table[0].push_back(over);
    table[1].push_back(under);
  };
  const Json& selections = comparison.at("selections");
  head("", "rows");
  head("", "eligible");
  for (const auto& [scorer, tokens] : selections.front().at("tokens").items())
    head("tokens by", core::one_line(scorer));
  head("answer words:", "mean");
  head("", "median");
  head("", "longest");
  head("instruction", "words: mean");
  head("distinct", "1-3-grams");
  const bool has_clusters = comparison.contains("clusters");
  if (has_clusters) head("clusters", "of " + count(comparison.at("clusters").at("count")));
  const std::vector<std::string> labels = marked(selections);
  for (auto label = labels.begin(); const Json& selection : selections) {
    const Json& answer = selection.at("response_words");
    std::vector<std::string>& line = table.emplace_back();
    line.push_back(*label++);
    line.push_back(count(selection.at("rows")));
    line.push_back(count(selection.at("eligible")));
    for (const Json& tokens : selection.at("tokens")) line.push_back(count(tokens));
    line.push_back(decimal(answer.at("mean"), 1));
    line.push_back(decimal(answer.at("q50"), 1));
    line.push_back(decimal(answer.at("q100"), 0));
    line.push_back(decimal(selection.at("instruction_words").at("mean"), 1));
    line.push_back(count(selection.at("unique_ngrams")));
    if (has_clusters) line.push_back(count(selection.at("clusters")));
  }
  std::string text = text_of(table);
  text.pop_back();
  if (const Json& left_out = comparison.at("tokens_left_out"); !left_out.empty())
    text += fmt::format("no tokens by {}: another run does not count them so\n",
                        fmt::join(left_out.get<std::vector<std::string>>(), ", "));
  if (has_clusters)
    text += fmt::format("clusters: k-means of {}'s embeddings of {} rows\n",
                        comparison.at("clusters").at("embedding").get<std::string>(),
                        count(comparison.at("clusters").at("rows")));
  return text + "\n";
}

/// One line where any two selections would share as much.
std::string expected(const Json& comparison) {
  const Json& names = comparison.at("names");
  const Json& table = comparison.at("expected");
  const std::string rows = count(comparison.at("rows"));
  const bool is_uniform = std::ranges::all_of(
      table, [&](const Json& line) { return line == Json(names.size(), table[0][0]); });
  if (is_uniform)
    return fmt::format(
        "by chance any two would share {} (drawn from all {} rows; more among fewer eligible "
        "ones)\n\n",
        decimal(table[0][0], 1), rows);
  return square(fmt::format("by chance (drawn from all {} rows)", rows), names, table,
                [](const Json& value) { return decimal(value, 1); });
}

}  // namespace

std::string compare_text(const Json& comparison) {
  const auto three_decimals = [](const Json& value) { return decimal(value, 3); };
  const Json& names = comparison.at("names");
  const Json& scores = comparison.at("scores");
  std::string text =
      fmt::format("{} selections of {} rows\n\n", names.size(), count(comparison.at("rows")));
  text += recipes(comparison) + contents(comparison);
  text += square("rows in both", names, comparison.at("overlap"), count) + expected(comparison);
  text += square("Jaccard: in both / in either", names, comparison.at("jaccard"), three_decimals);
  if (!scores.at("names").empty())
    text += square("Spearman, all rows", scores.at("names"), scores.at("spearman"), three_decimals);
  text.pop_back();
  return text;
}

}  // namespace winnow::app
