#include "pipeline/selection_origin.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <variant>

#include "core/hash.hpp"
#include "pipeline/made_from.hpp"
#include "pipeline/step_parameters.hpp"

namespace winnow::pipeline {
namespace {

constexpr const char* kDataFrom = "data_from";
constexpr std::string_view kScoresFrom = "scores_from_";
constexpr const char* kSubsetHash = "subset_hash";

}  // namespace

store::Attributes origin_of(const Context& context, const IndexedData& data,
                            const SelectionJob& selection) {
  std::set<std::string> scorers;
  for (const SelectionStep& step : selection.steps)
    for (const std::string& scorer : scorers_of(context.job, step)) scorers.insert(scorer);
  store::Attributes origin{{kDataFrom, data.key}};
  const store::ScoreFileReader scores(context.folder.scores());
  for (const std::string& scorer : scorers)
    origin.push_back(
        {std::string(kScoresFrom) + scorer, made_from(scores.provenance(scorer)).value_or("")});
  return origin;
}

bool is_from(const store::Attributes& noted, const store::IndexReader& index,
             const store::ScoreFileReader& scores) {
  if (text_of(noted, kDataFrom) != data_key(index.info())) return false;
  const std::vector<std::string> scorers = scores.scorers();
  return std::ranges::all_of(noted, [&](const store::Attribute& attribute) {
    if (!attribute.name.starts_with(kScoresFrom)) return true;
    const std::string scorer = attribute.name.substr(kScoresFrom.size());
    return std::ranges::find(scorers, scorer) != scorers.end() &&
           made_from(scores.provenance(scorer)).value_or("") == text_of(noted, attribute.name);
  });
}

store::Attribute subset_hash(const std::filesystem::path& subset) {
  return {kSubsetHash, core::to_hex(core::hash_file(subset.string()))};
}

bool is_subset(const std::filesystem::path& subset, const store::Attributes& noted) {
  return text_of(noted, kSubsetHash) == std::get<std::string>(subset_hash(subset).value);
}

}  // namespace winnow::pipeline
