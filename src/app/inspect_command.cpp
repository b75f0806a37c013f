#include "app/inspect_command.hpp"

#include <algorithm>
#include <string>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "app/output.hpp"
#include "core/error.hpp"
#include "pipeline/json_text.hpp"
#include "store/file_listing.hpp"
#include "store/schema.hpp"

namespace winnow::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kScores = "/scores/";

Json json_of(const store::Attributes& attributes) {
  Json json = Json::object();
  for (const store::Attribute& attribute : attributes)
    std::visit([&](const auto& value) { json[attribute.name] = value; }, attribute.value);
  return json;
}

Json json_of(const store::ListedDataset& dataset) {
  Json json{{"type", store::name_of(dataset.element)},
            {"shape", dataset.shape},
            {"attributes", json_of(dataset.attributes)}};
  if (!dataset.status_counts) return json;
  json["statuses"] = Json::object();
  for (std::size_t status = 0; status < dataset.status_counts->size(); ++status)
    if (const auto count = (*dataset.status_counts)[status]; count > 0)
      json["statuses"][std::string(core::kScoreStatusNames[status])] = count;
  return json;
}

/// Names of the scorers' groups.
Json scorers_of(const store::FileListing& listing) {
  Json names = Json::array();
  for (const store::ListedGroup& group : listing.groups)
    if (group.path.starts_with(kScores)) names.push_back(group.path.substr(kScores.size()));
  return names;
}

Json json_of(const store::FileListing& listing, const std::string& file) {
  Json json{{"file", file}, {"scorers", scorers_of(listing)}};
  for (const store::ListedGroup& group : listing.groups)
    json["groups"][group.path] = json_of(group.attributes);
  json["datasets"] = Json::object();
  for (const store::ListedDataset& dataset : listing.datasets)
    json["datasets"][dataset.path] = json_of(dataset);
  return json;
}

/// The attributes that say something, one a line, without those that `above` already said.
std::string attribute_lines(const Json& attributes, const Json& above, const char* indent) {
  std::string text;
  for (const auto& [name, value] : attributes.items()) {
    if (above.contains(name) && above.at(name) == value) continue;
    const std::string shown = value.is_string() ? value.get<std::string>() : value.dump();
    if (shown != store::kDoesNotApply)
      text += fmt::format("{}{}: {}\n", indent, name, core::one_line(shown));
  }
  return text;
}

/// What the attributes of a dataset or group repeat: those of its scorer.
Json attributes_above(const Json& listing, const std::string& path) {
  const std::size_t second = path.find('/', 1);
  const std::string name = second == std::string::npos ? "" : path.substr(second + 1);
  const std::string scorer = std::string(kScores) + name.substr(0, name.find('/'));
  return listing.at("groups").value(scorer, Json::object());
}

std::string text_of(const Json& listing) {
  std::string text = listing.at("file").get<std::string>() + "\n";
  for (const auto& [path, attributes] : listing.at("groups").items()) {
    const bool is_scorer = path.starts_with(kScores);
    const Json above = is_scorer ? Json::object() : attributes_above(listing, path);
    text += fmt::format("{}\n{}", path, attribute_lines(attributes, above, "    "));
  }
  for (const auto& [path, dataset] : listing.at("datasets").items()) {
    const auto shape = dataset.at("shape").get<std::vector<std::uint64_t>>();
    text += fmt::format("{}  {} [{}]\n", path, dataset.at("type").get<std::string>(),
                        fmt::join(shape, ", "));
    text += attribute_lines(dataset.at("attributes"), attributes_above(listing, path), "    ");
    const Json statuses = dataset.value("statuses", Json::object());
    for (const auto& [status, count] : statuses.items())
      text += fmt::format("    {:<24} {}\n", status, count.get<std::uint64_t>());
  }
  return text;
}

}  // namespace

int inspect_command(const mpi::Communicator& communicator, const CommandLine& line) {
  if (!communicator.is_root()) return 0;
  const Json listing = json_of(store::list_file(line.file), line.file.string());
  print(line.json ? pipeline::json_text(listing) : text_of(listing));
  return 0;
}

}  // namespace winnow::app
