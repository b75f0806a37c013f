#include "pipeline/selection_summary.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "data/subset_writer.hpp"
#include "pipeline/candidates.hpp"
#include "pipeline/excerpt.hpp"
#include "pipeline/made_from.hpp"
#include "pipeline/row_source.hpp"
#include "store/score_file.hpp"
#include "store/selection_file.hpp"

namespace winnow::pipeline {
namespace {

constexpr std::size_t kTopPicks = 5;
constexpr std::size_t kShownCharacters = 60;

}  // namespace

std::filesystem::path subset_path(const Context& context, const IndexedData& data,
                                  const SelectionJob& selection) {
  return context.folder.selection_folder() /
         (selection.name + std::string(data::file_extension(data.data_set.layout)));
}

nlohmann::ordered_json summarize(const Context& context, const IndexedData& data,
                                 const SelectionJob& selection) {
  const store::Selection file = store::read_selection(context.folder.selection(selection.name));
  nlohmann::ordered_json summary;
  const SelectionStep& last = selection.steps.back();
  summary["method"] = last.method;
  summary["budget"] = last.budget.empty() ? "all" : last.budget;
  summary["rows"] = file.row.size();
  for (const store::Attribute& attribute : file.attributes)
    if (attribute.name == "eligible" || attribute.name == "filled_from" ||
        attribute.name.starts_with("tfidf_"))
      std::visit([&](const auto& value) { summary[attribute.name] = value; }, attribute.value);
  if (selection.steps.size() > 1)
    summary["steps"] =
        nlohmann::ordered_json::parse(text_of(file.attributes, "steps").value_or("[]"));
  if (const std::string scorer = token_scorer(context.job, last.scorer); !scorer.empty()) {
    const auto tokens = store::ScoreFileReader(context.folder.scores())
                            .read_counts(scorer, "n_tokens", {0, data.rows});
    std::uint64_t sum = 0, uncounted = 0;
    for (const core::RowId row : file.row) {
      sum += tokens.at(row);
      if (tokens[row] == 0) ++uncounted;
    }
    summary["tokens"] = sum;
    if (uncounted > 0) summary["rows_without_tokens"] = uncounted;
  }
  summary["subset"] = subset_path(context, data, selection).string();
  summary["file"] = context.folder.selection(selection.name).string();
  RowSource source(context.folder, data.data_set);
  summary["top"] = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < std::min(kTopPicks, file.row.size()); ++i) {
    nlohmann::ordered_json top;
    top["row"] = file.row[i];
    if (file.gain && std::isfinite((*file.gain)[i])) top["gain"] = (*file.gain)[i];
    if (file.score) top["score"] = (*file.score)[i];
    if (file.diversity) top["diversity"] = (*file.diversity)[i];
    top["text"] =
        excerpt(source.samples({file.row[i], file.row[i] + 1}).front().value().instruction,
                kShownCharacters);
    summary["top"].push_back(top);
  }
  return summary;
}

}  // namespace winnow::pipeline
