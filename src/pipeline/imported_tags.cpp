#include "pipeline/imported_tags.hpp"

#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "pipeline/import_rows.hpp"
#include "scoring/tag_name.hpp"

namespace winnow::pipeline {
namespace {

std::vector<scoring::Tag> tags_of(const nlohmann::json& value, const std::string& where) {
  if (!value.is_array())
    throw core::DataError(
        fmt::format("{}: found {}, expected a list of tags or null", where, value.type_name()));
  std::vector<scoring::Tag> tags;
  for (const nlohmann::json& name : value) {
    if (!name.is_string())
      throw core::DataError(fmt::format("{}: found {} as tag {} of the list, expected a text",
                                        where, name.type_name(), tags.size()));
    tags.push_back({name.get<std::string>(), {}});
  }
  return tags;
}

}  // namespace

ImportedTags read_imported_tags(const ImportedScorer& scorer, std::uint64_t rows,
                                core::RowRange mine, std::span<const core::ScoreStatus> status) {
  ImportedTags imported;
  const auto take = [&](std::uint64_t row, const nlohmann::json& value) {
    std::vector<scoring::Tag> tags;
    if (!value.is_null())
      tags = tags_of(value, fmt::format("{}: row {}", scorer.path.string(), row));
    if (row < mine.begin || row >= mine.end) return;
    core::ScoreStatus of_row = status[row - mine.begin];
    if (of_row == core::ScoreStatus::ok && value.is_null()) of_row = core::ScoreStatus::not_given;
    if (of_row != core::ScoreStatus::ok) tags.clear();
    imported.lists.add(of_row, scoring::normalized_tags(tags));
  };
  imported.file_hash = import_rows(scorer, rows, {"list of tags or null", true, take});
  return imported;
}

}  // namespace winnow::pipeline
