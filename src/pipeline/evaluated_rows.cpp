#include "pipeline/evaluated_rows.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/csv.hpp"
#include "core/error.hpp"
#include "pipeline/row_fields.hpp"
#include "pipeline/score_reader.hpp"
#include "pipeline/strata.hpp"
#include "store/index_file.hpp"

namespace winnow::pipeline {
namespace {

using core::ScoreStatus;

template <class T>
void append(std::vector<T>& to, const std::vector<T>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace

EvaluatedModel read_losses(const JournalledScorer& scored, const BlockJournal& journal,
                           const BlockContents& contents) {
  const ScoreReader reader(journal, contents);
  EvaluatedModel model{scored.name, scored.binding, {}, {}, {}};
  for (std::uint64_t block = 0; block < contents.blocks(); ++block) {
    const scoring::Table rows = reader.read(block).rows;
    append(model.nll, rows.get<double>("nll_cond_sum"));
    append(model.tokens, rows.get<std::uint32_t>("n_cond"));
    append(model.status, rows.get<ScoreStatus>("status_cond"));
  }
  return model;
}

std::vector<std::string> read_categories(const Context& context, const IndexedData& data,
                                         const std::string& field) {
  const std::vector<ScoreStatus> status =
      store::IndexReader(context.folder.index()).read_status({0, data.rows});
  Pool readable;
  for (core::RowId row = 0; row < data.rows; ++row)
    if (status[row] == ScoreStatus::ok) readable.push_back(row);
  std::vector<std::string> values = field_values(context, data, field, readable);
  std::set<std::string> distinct(values.begin(), values.end());
  if (distinct.size() > kMostStrata)
    throw core::DataError(
        fmt::format("evaluate.category: the field '{}' has {} values, expected one that groups the "
                    "rows, with at most {}",
                    field, distinct.size(), kMostStrata));
  distinct.erase("");
  if (distinct.empty())
    throw core::DataError(
        fmt::format("evaluate.category: no row has a value in the field '{}'", field));
  std::vector<std::string> categories(data.rows);
  for (std::size_t i = 0; i < readable.size(); ++i) categories[readable[i]] = std::move(values[i]);
  return categories;
}

std::string rows_csv(const EvaluatedRows& rows) {
  std::string text = "row,category";
  for (const EvaluatedModel& model : rows.models)
    text += fmt::format(",{0}_nll_sum,{0}_tokens,{0}_status", model.name);
  text += "\n";
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    fmt::format_to(std::back_inserter(text), "{},{}", row,
                   rows.category.empty() ? "" : core::csv_field(rows.category[row]));
    for (const EvaluatedModel& model : rows.models) {
      const ScoreStatus status = model.status[row];
      if (status == ScoreStatus::ok)
        fmt::format_to(std::back_inserter(text), ",{},{}", model.nll[row], model.tokens[row]);
      else
        text += ",,";
      text += ",";
      text += core::name_of(status);
    }
    text += "\n";
  }
  return text;
}

}  // namespace winnow::pipeline
