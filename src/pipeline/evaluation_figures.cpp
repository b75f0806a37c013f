#include "pipeline/evaluation_figures.hpp"

#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::pipeline {
namespace {

using Json = nlohmann::ordered_json;
using core::ScoreStatus;

/// Rows of the evaluation, by their numbers.
using Rows = std::span<const core::RowId>;

Json number_or_null(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? Json(*value) : Json();
}

Json figures_of(const EvaluatedModel& model, Rows rows) {
  std::array<std::uint64_t, core::kScoreStatusNames.size()> counts{};
  double nats = 0, row_means = 0;
  std::uint64_t tokens = 0, defined = 0;
  for (const core::RowId row : rows) {
    ++counts[static_cast<std::size_t>(model.status[row])];
    if (model.status[row] != ScoreStatus::ok) continue;
    ++defined;
    tokens += model.tokens[row];
    nats += model.nll[row];
    row_means += model.nll[row] / model.tokens[row];
  }
  std::optional<double> token_mean, row_mean, perplexity;
  if (defined > 0) {
    token_mean = nats / static_cast<double>(tokens);
    row_mean = row_means / static_cast<double>(defined);
    perplexity = std::exp(*token_mean);
  }
  Json figures;
  figures["rows_ok"] = defined;
  for (std::size_t status = 0; status < counts.size(); ++status)
    if (counts[status] > 0) figures["status"][core::kScoreStatusNames[status]] = counts[status];
  figures["tokens"] = tokens;
  figures["token_mean_loss"] = number_or_null(token_mean);
  figures["row_mean_loss"] = number_or_null(row_mean);
  figures["perplexity"] = number_or_null(perplexity);
  return figures;
}

Json json_of(const scoring::LossDifference& difference) {
  Json json{{"value", difference.value}, {"low", nullptr}, {"high", nullptr}};
  if (difference.interval) {
    json["low"] = difference.interval->low;
    json["high"] = difference.interval->high;
  }
  return json;
}

Json difference_of(const EvaluatedModel& base, const EvaluatedModel& tuned, Rows rows,
                   const scoring::BootstrapOptions& bootstrap) {
  std::vector<scoring::PairedLoss> pairs;
  for (const core::RowId row : rows) {
    if (base.status[row] != ScoreStatus::ok || tuned.status[row] != ScoreStatus::ok) continue;
    core::check(base.tokens[row] == tuned.tokens[row], "all models see the same tokens of a row");
    pairs.push_back({base.nll[row], tuned.nll[row], base.tokens[row]});
  }
  const auto compared = scoring::compare_losses(pairs, bootstrap);
  Json json{{"rows", pairs.size()}};
  json["token_mean_loss"] = compared ? json_of(compared->token_mean) : Json();
  json["row_mean_loss"] = compared ? json_of(compared->row_mean) : Json();
  json["share_better"] = compared ? Json(compared->share_better) : Json();
  if (pairs.size() < scoring::kLeastRowsForInterval)
    json["no_interval"] = fmt::format("fewer than {} rows with a loss by both models",
                                      scoring::kLeastRowsForInterval);
  return json;
}

/// `models` and `differences` of some rows.
Json figures_of(const EvaluatedRows& evaluated, Rows rows,
                const scoring::BootstrapOptions& bootstrap) {
  Json json{{"rows", rows.size()}};
  for (const EvaluatedModel& model : evaluated.models)
    json["models"][model.name] = figures_of(model, rows);
  for (const EvaluatedModel& model : std::span(evaluated.models).subspan(1))
    json["differences"][model.name] = difference_of(evaluated.base(), model, rows, bootstrap);
  return json;
}

}  // namespace

Json evaluation_figures(const EvaluatedRows& evaluated,
                        const scoring::BootstrapOptions& bootstrap) {
  std::vector<core::RowId> all(evaluated.rows());
  std::iota(all.begin(), all.end(), core::RowId{0});
  Json figures = figures_of(evaluated, all, bootstrap);
  std::map<std::string, std::vector<core::RowId>> categories;
  for (core::RowId row = 0; row < evaluated.category.size(); ++row)
    categories[evaluated.category[row]].push_back(row);
  for (const auto& [name, rows] : categories) {
    Json category{{"category", name}};
    category.update(figures_of(evaluated, rows, bootstrap));
    figures["categories"].push_back(std::move(category));
  }
  return figures;
}

}  // namespace winnow::pipeline
