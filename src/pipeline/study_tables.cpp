#include "pipeline/study_tables.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "core/csv.hpp"

namespace winnow::pipeline {
namespace {

using Json = nlohmann::ordered_json;
using core::ScoreStatus;
using scoring::BootstrapOptions;
using scoring::LossDifference;

/// Losses of rows that are compared: nothing where a row has none.
using RowLosses = std::vector<std::optional<double>>;

/// The model that says 0 of every row: the difference to it is a model's own loss.
RowLosses zeros(std::size_t rows) { return RowLosses(rows, 0.0); }

RowLosses losses_of(const EvaluatedModel& model) {
  RowLosses losses(model.status.size());
  for (std::size_t row = 0; row < losses.size(); ++row)
    if (model.status[row] == ScoreStatus::ok) losses[row] = model.nll[row];
  return losses;
}

/// Each row's mean over models that all have a loss of it.
RowLosses mean_of(const std::vector<const EvaluatedModel*>& models) {
  RowLosses mean = losses_of(*models.front());
  for (std::size_t i = 1; i < models.size(); ++i) {
    const RowLosses more = losses_of(*models[i]);
    for (std::size_t row = 0; row < mean.size(); ++row)
      mean[row] = mean[row] && more[row] ? std::optional(*mean[row] + *more[row]) : std::nullopt;
  }
  for (std::optional<double>& loss : mean)
    if (loss) *loss /= static_cast<double>(models.size());
  return mean;
}

std::optional<LossDifference> difference(const RowLosses& from, const RowLosses& to,
                                         const std::vector<std::uint32_t>& tokens,
                                         const BootstrapOptions& bootstrap) {
  std::vector<scoring::PairedLoss> pairs;
  for (std::size_t row = 0; row < tokens.size(); ++row)
    if (from[row] && to[row]) pairs.push_back({*from[row], *to[row], tokens[row]});
  const auto compared = scoring::compare_losses(pairs, bootstrap);
  return compared ? std::optional(compared->token_mean) : std::nullopt;
}

void put_interval(Json& line, const std::string& name, const LossDifference& difference) {
  if (!difference.interval) return;
  line[name + "_low"] = difference.interval->low;
  line[name + "_high"] = difference.interval->high;
}

/// The difference, its interval, and whether that holds 0.
void put_difference(Json& line, const std::string& name,
                    const std::optional<LossDifference>& difference) {
  if (!difference) return;
  line[name] = difference->value;
  put_interval(line, name, *difference);
  if (const auto& interval = difference->interval)
    line[name + "_interval_holds_0"] = interval->low <= 0 && interval->high >= 0;
}

Json nulls(std::initializer_list<const char*> keys) {
  Json line;
  for (const char* const key : keys) line[key] = nullptr;
  return line;
}

/// The cells of a selection at a budget.
struct Group {
  std::string selection;
  std::string budget;
  std::vector<const StudyResult*> cells;

  [[nodiscard]] std::vector<const EvaluatedModel*> models() const {
    std::vector<const EvaluatedModel*> models;
    for (const StudyResult* cell : cells)
      if (cell->losses) models.push_back(&*cell->losses);
    return models;
  }
};

std::vector<Group> groups_of(const std::vector<StudyResult>& results) {
  std::vector<Group> groups;
  for (const StudyResult& result : results) {
    const StudyCell& cell = result.cell;
    auto group = std::ranges::find_if(groups, [&](const Group& each) {
      return each.selection == cell.selection && each.budget == cell.budget;
    });
    if (group == groups.end())
      group = groups.insert(groups.end(), {cell.selection, cell.budget, {}});
    group->cells.push_back(&result);
  }
  return groups;
}

/// What the groups of a budget are compared with; nullptr for that itself, and where the first
/// selection is not done.
const Group* compared_with(const std::vector<Group>& groups, const Group& group) {
  const std::string& first = groups.front().selection;
  if (group.selection == first) return nullptr;
  for (const Group& other : groups)
    if (other.selection == first && (other.budget == group.budget || other.budget == kNoBudget))
      return other.models().empty() ? nullptr : &other;
  return nullptr;
}

void put_losses(Json& line, const Group& group) {
  std::vector<double> losses;
  double rows = 0, seconds = 0;
  for (const StudyResult* cell : group.cells) {
    if (!cell->losses) continue;
    losses.push_back(cell->line.at("loss").get<double>());
    rows += cell->line.at("rows").get<double>();
    seconds += cell->line.at("seconds").get<double>();
    line["base_loss"] = cell->line.at("base_loss");
  }
  const auto seeds = static_cast<double>(losses.size());
  double mean = 0, squares = 0;
  for (const double loss : losses) mean += loss / seeds;
  for (const double loss : losses) squares += (loss - mean) * (loss - mean);
  line["rows"] = rows / seeds;
  line["loss"] = mean;
  if (losses.size() > 1) line["loss_sd"] = std::sqrt(squares / (seeds - 1));
  line["seconds"] = seconds;
}

Json summary_line(const Group& group, const Group* other, const EvaluatedModel& base,
                  const BootstrapOptions& bootstrap) {
  Json line = nulls({"selection",
                     "budget",
                     "seeds",
                     "failed",
                     "rows",
                     "loss",
                     "loss_sd",
                     "loss_low",
                     "loss_high",
                     "base_loss",
                     "to_base",
                     "to_base_low",
                     "to_base_high",
                     "to_base_interval_holds_0",
                     "first",
                     "to_first",
                     "to_first_low",
                     "to_first_high",
                     "to_first_interval_holds_0",
                     "seconds"});
  const std::vector<const EvaluatedModel*> models = group.models();
  line["selection"] = group.selection;
  line["budget"] = group.budget;
  line["seeds"] = models.size();
  line["failed"] = std::ranges::count_if(
      group.cells, [](const StudyResult* cell) { return cell->line.at("status") == "failed"; });
  if (models.empty()) return line;
  put_losses(line, group);
  const RowLosses own = mean_of(models);
  const std::vector<std::uint32_t>& tokens = models.front()->tokens;
  if (const auto loss = difference(zeros(own.size()), own, tokens, bootstrap))
    put_interval(line, "loss", *loss);
  put_difference(line, "to_base", difference(losses_of(base), own, tokens, bootstrap));
  if (other == nullptr) return line;
  line["first"] = other->selection;
  put_difference(line, "to_first", difference(mean_of(other->models()), own, tokens, bootstrap));
  return line;
}

}  // namespace

Json pending_line(const StudyCell& cell) {
  Json line = nulls({"selection", "budget", "seed", "status", "rows", "steps", "tokens",
                     "last_training_loss", "loss", "loss_low", "loss_high", "perplexity",
                     "base_loss", "to_base", "to_base_low", "to_base_high",
                     "to_base_interval_holds_0", "seconds", "reason"});
  line["selection"] = cell.selection;
  line["budget"] = cell.budget;
  line["seed"] = cell.seed;
  line["status"] = "pending";
  return line;
}

Json done_line(const StudyCell& cell, std::uint64_t rows, const StepsTotal& trained,
               const Json& evaluation, const EvaluatedModel& losses,
               const BootstrapOptions& bootstrap) {
  Json line = pending_line(cell);
  line["status"] = "ok";
  line["rows"] = rows;
  line["steps"] = trained.steps;
  line["tokens"] = trained.tokens;
  if (trained.last_loss) line["last_training_loss"] = *trained.last_loss;
  const Json& tuned = evaluation.at("models").at(losses.name);
  line["loss"] = tuned.at("token_mean_loss");
  if (const auto loss =
          difference(zeros(losses.status.size()), losses_of(losses), losses.tokens, bootstrap))
    put_interval(line, "loss", *loss);
  line["perplexity"] = tuned.at("perplexity");
  line["base_loss"] =
      evaluation.at("models").at(evaluation.at("base").get<std::string>()).at("token_mean_loss");
  if (const Json& found = evaluation.at("differences").at(losses.name).at("token_mean_loss");
      !found.is_null()) {
    LossDifference to_base{found.at("value").get<double>(), std::nullopt};
    if (!found.at("low").is_null())
      to_base.interval = {found.at("low").get<double>(), found.at("high").get<double>()};
    put_difference(line, "to_base", to_base);
  }
  line["seconds"] = trained.seconds;
  return line;
}

Json summary_lines(const std::vector<StudyResult>& results, const EvaluatedModel& base,
                   const BootstrapOptions& bootstrap) {
  const std::vector<Group> groups = groups_of(results);
  Json lines = Json::array();
  for (const Group& group : groups)
    lines.push_back(summary_line(group, compared_with(groups, group), base, bootstrap));
  return lines;
}

std::string csv_of(const Json& lines) {
  const auto written = [](const Json& value) {
    if (value.is_null()) return std::string();
    return value.is_string() ? core::csv_field(value.get<std::string>()) : value.dump();
  };
  std::string text, separator;
  for (const auto& [key, value] : lines.at(0).items()) text += std::exchange(separator, ",") + key;
  text += "\n";
  for (const Json& line : lines) {
    separator.clear();
    for (const auto& [key, value] : line.items())
      text += std::exchange(separator, ",") + written(value);
    text += "\n";
  }
  return text;
}

}  // namespace winnow::pipeline
