#include "pipeline/compare.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "pipeline/compare_clusters.hpp"
#include "pipeline/compare_inputs.hpp"
#include "pipeline/compare_ngrams.hpp"
#include "pipeline/compare_recipes.hpp"
#include "pipeline/compare_scores.hpp"
#include "pipeline/compare_tokens.hpp"
#include "selection/overlap.hpp"
#include "store/index_file.hpp"

namespace winnow::pipeline {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kQuantiles[] = {0, 0.1, 0.25, 0.5, 0.75, 0.9, 1};

/// The square tables of what any two selections share.
void add_overlaps(const ComparedSelections& compared, Json& result) {
  for (const char* table : {"names", "overlap", "jaccard", "expected"})
    result[table] = Json::array();
  for (const ComparedSelection& a : compared.selections) {
    result["names"].push_back(a.name);
    for (const char* table : {"overlap", "jaccard", "expected"})
      result[table].push_back(Json::array());
    for (const ComparedSelection& b : compared.selections) {
      const selection::Overlap both = selection::overlap(a.rows, b.rows, compared.rows);
      result["overlap"].back().push_back(both.rows);
      result["jaccard"].back().push_back(both.jaccard);
      result["expected"].back().push_back(both.expected);
    }
  }
}

/// Of a number of the selected rows: mean, minimum (q0), deciles and quartiles, maximum (q100).
Json distribution(const std::vector<std::uint32_t>& of_row, const std::vector<core::RowId>& rows) {
  std::vector<double> values;
  double sum = 0;
  for (const core::RowId row : rows) {
    values.push_back(of_row.at(row));
    sum += values.back();
  }
  std::ranges::sort(values);
  Json result;
  result["mean"] = sum / static_cast<double>(values.size());
  for (const double share : kQuantiles) {
    const double place = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    result[fmt::format("q{:.0f}", 100 * share)] =
        values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
  }
  return result;
}

Json tokens_in(const ComparedTokens& tokens, const std::vector<core::RowId>& rows) {
  Json result = Json::object();
  for (const TokenCounts& counts : tokens.counts) {
    std::uint64_t sum = 0;
    for (const core::RowId row : rows) sum += counts.of_row.at(row);
    result[counts.scorer] = sum;
  }
  return result;
}

/// What each selection is and holds, by its name.
void add_selections(const ComparedSelections& compared, Json& result) {
  const ComparedTokens tokens = compared_tokens(compared.runs);
  const std::vector<std::string> made_by = recipes(compared.selections);
  const store::RowTable table =
      store::IndexReader(compared.runs.front().folder.index()).read({0, compared.rows});
  for (std::size_t i = 0; i < compared.selections.size(); ++i) {
    const ComparedSelection& selection = compared.selections[i];
    const RunFolder& run = compared.runs[selection.run].folder;
    Json& told = result["selections"][selection.name];
    told["run"] = run.path().string();
    for (const char* name : {"method", "budget_asked", "eligible"})
      for (const store::Attribute& attribute : selection.stored.attributes)
        if (attribute.name == name)
          std::visit([&](const auto& value) { told[name] = value; }, attribute.value);
    told["made_by"] = made_by[i];
    told["current"] = selection.is_current;
    told["rows"] = selection.rows.size();
    told["tokens"] = tokens_in(tokens, selection.rows);
    told["instruction_words"] = distribution(table.instruction_words, selection.rows);
    told["response_words"] = distribution(table.response_words, selection.rows);
    told["unique_ngrams"] = unique_ngrams(run, selection);
  }
  result["tokens_left_out"] = tokens.left_out;
}

void add_clusters(const ComparedSelections& compared, Json& result) {
  const auto coverage = cluster_coverage(compared);
  if (!coverage) return;
  result["clusters"] = {
      {"embedding", coverage->embedding}, {"rows", coverage->rows}, {"count", coverage->clusters}};
  for (std::size_t i = 0; i < compared.selections.size(); ++i)
    result["selections"][compared.selections[i].name]["clusters"] = coverage->covered[i];
}

}  // namespace

Json compare(std::span<const std::filesystem::path> paths) {
  const ComparedSelections compared = open_selections(paths);
  Json result;
  result["rows"] = compared.rows;
  add_overlaps(compared, result);
  add_selections(compared, result);
  add_clusters(compared, result);
  result["scores"] = score_correlations(compared.runs);
  return result;
}

}  // namespace winnow::pipeline
