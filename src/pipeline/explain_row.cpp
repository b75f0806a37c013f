#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "pipeline/explain.hpp"
#include "pipeline/left_out.hpp"
#include "pipeline/numbers.hpp"
#include "pipeline/row_source.hpp"
#include "pipeline/selection_chain.hpp"
#include "pipeline/step_view.hpp"
#include "store/score_file.hpp"

namespace winnow::pipeline {
namespace {

using Json = nlohmann::ordered_json;
using core::ScoreStatus;

const char* name_of(data::Turn::Role role) {
  switch (role) {
    case data::Turn::Role::system:
      return "system";
    case data::Turn::Role::user:
      return "user";
    case data::Turn::Role::assistant:
      return "assistant";
  }
  throw core::InternalError("a turn has a role");
}

/// A number of one row among those of all rows.
Json among_all(const Numbers& all, core::RowId row) {
  Json json{{"value", nullptr}, {"status", core::name_of(all.status[row])}};
  if (all.status[row] != ScoreStatus::ok) return json;
  std::uint64_t defined = 0, not_above = 0;
  for (std::size_t other = 0; other < all.value.size(); ++other) {
    if (all.status[other] != ScoreStatus::ok) continue;
    ++defined;
    if (all.value[other] <= all.value[row]) ++not_above;
  }
  json["value"] = all.value[row];
  json["percentile"] = 100 * static_cast<double>(not_above) / static_cast<double>(defined);
  return json;
}

/// Writes a number of every explained row into its member `group`.
void add_numbers(const FinishedRun& run, const StoredNumber& number, std::vector<Json>& explained,
                 const Json::json_pointer& group) {
  const Numbers all = read_numbers(run.folder(), {&number, 1}, {0, run.data().rows});
  for (Json& row : explained)
    row[group][number.name] = among_all(all, row.at("row").get<core::RowId>());
}

void add_own_numbers(const FinishedRun& run, std::vector<Json>& explained) {
  for (const char* name : {"instruction_words", "response_words", "turns", "bytes"})
    add_numbers(run, {"", name}, explained, Json::json_pointer("/numbers"));
}

/// Embeddings and tags: what is there, and why not.
void add_lists(const store::ScoreFileReader& scores, const std::string& scorer,
               std::vector<Json>& explained) {
  const std::uint64_t dimension = scores.embedding_dimension(scorer);
  std::vector<std::string> names;
  if (scores.has_tags(scorer)) names = scores.tag_names(scorer);
  for (Json& json : explained) {
    const auto row = json.at("row").get<core::RowId>();
    Json& group = json["scorers"][scorer];
    if (dimension > 0)
      group["embedding"] = {
          {"dimension", dimension},
          {"status",
           core::name_of(scores.read_status(scorer, "embedding", {row, row + 1}).front())}};
    if (!scores.has_tags(scorer)) continue;
    group["tags"] = Json::array();
    for (const std::uint32_t tag : scores.read_tags(scorer, {row, row + 1}).tags)
      group["tags"].push_back(names[tag]);
  }
}

void add_scores(const FinishedRun& run, std::vector<Json>& explained) {
  const store::ScoreFileReader scores(run.folder().scores());
  if (scores.rows() != run.data().rows)
    throw core::UsageError(
        fmt::format("{}: has {} rows, the data {}: expected a run that is "
                    "finished",
                    run.folder().scores().string(), scores.rows(), run.data().rows));
  for (Json& row : explained) row["scorers"] = Json::object();
  for (const std::string& scorer : scores.scorers()) {
    const Json::json_pointer group = Json::json_pointer("/scorers") / scorer;
    for (const std::string& name : scores.score_names(scorer))
      add_numbers(run, {scorer, name}, explained, group);
    for (const std::string& name : scores.count_names(scorer))
      add_numbers(run, {scorer, name}, explained, group);
    add_lists(scores, scorer, explained);
  }
}

/// The picks of a row: IterIT's published loop may pick one several times.
Json picks_of(const store::Selection& file, core::RowId row) {
  const auto first = std::ranges::find(file.row, row);
  if (first == file.row.end()) return {{"pick", nullptr}};
  Json json = describe_pick(file, static_cast<std::size_t>(first - file.row.begin()));
  for (auto next = std::find(first + 1, file.row.end(), row); next != file.row.end();
       next = std::find(next + 1, file.row.end(), row))
    json["again_at"].push_back(next - file.row.begin() + 1);
  return json;
}

void add_selection(const FinishedRun& run, const SelectionJob& job, std::vector<Json>& explained) {
  const FoundSelection selection = find_selection(run, job);
  std::map<std::size_t, StepView> views;
  for (Json& json : explained) {
    const auto row = json.at("row").get<core::RowId>();
    Json& told = json["selections"][job.name] = describe_selection(selection);
    if (selection.state == FoundSelection::State::missing) continue;
    told.update(picks_of(selection.file, row));
    if (!told.at("pick").is_null() || selection.state != FoundSelection::State::current) continue;
    const std::size_t number = selection.left_out_by[row];
    auto view = views.find(number);
    if (view == views.end()) view = views.emplace(number, view_step(run, selection, number)).first;
    told.update(why_left_out(run, selection, view->second, number, row));
  }
}

}  // namespace

Json describe_row(const FinishedRun& run, core::RowId row) {
  const store::IndexReader index(run.folder().index());
  Json json{{"row", row}};
  if (const store::RowTable table = index.read({row, row + 1}); !table.id.empty())
    json["id"] = table.id.front();
  json["status"] = core::name_of(index.read_status({row, row + 1}).front());
  RowSource source(run.folder(), run.data().data_set);
  const std::optional<data::Sample> sample = source.samples({row, row + 1}).front();
  if (!sample) return json;
  if (sample->system) json["system"] = *sample->system;
  for (const data::Turn& turn : sample->history)
    json["history"].push_back({{"role", name_of(turn.role)}, {"text", turn.text}});
  json["instruction"] = sample->instruction;
  if (!sample->input.empty()) json["input"] = sample->input;
  json["output"] = sample->output;
  return json;
}

Json describe_pick(const store::Selection& file, std::size_t pick) {
  Json json{{"pick", pick + 1}};
  const auto add = [&](const char* name, const std::optional<std::vector<double>>& column) {
    if (column && std::isfinite((*column)[pick])) json[name] = (*column)[pick];
  };
  add("gain", file.gain);
  add("score", file.score);
  add("diversity", file.diversity);
  return json;
}

Json describe_selection(const FoundSelection& selection) {
  using State = FoundSelection::State;
  Json json{{"steps", Json::array()}};
  for (const SelectionStep& step : selection.job.steps) json["steps"].push_back(described(step));
  json["state"] = selection.state == State::missing    ? "missing"
                  : selection.state == State::outdated ? "outdated"
                                                       : "current";
  if (selection.state != State::missing) json["rows"] = selection.file.row.size();
  return json;
}

Json explain_rows(const FinishedRun& run, std::span<const core::RowId> rows) {
  std::vector<Json> explained;
  for (const core::RowId row : rows) {
    if (row >= run.data().rows)
      throw core::UsageError(
          fmt::format("--row {}: the data has the rows 0 to {}", row, run.data().rows - 1));
    explained.push_back(describe_row(run, row));
  }
  add_own_numbers(run, explained);
  add_scores(run, explained);
  for (Json& row : explained) row["selections"] = Json::object();
  for (const SelectionJob& selection : run.job().selections)
    add_selection(run, selection, explained);
  return {{"run", run.folder().path().string()},
          {"rows", run.data().rows},
          {"explained", std::move(explained)}};
}

}  // namespace winnow::pipeline
