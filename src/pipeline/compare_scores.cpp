#include "pipeline/compare_scores.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/made_from.hpp"
#include "selection/rank_correlation.hpp"
#include "store/score_file.hpp"

namespace winnow::pipeline {
namespace {

using Json = nlohmann::ordered_json;

struct OneScorer {
  const ComparedRun* run;
  std::string name;
  std::optional<std::string> made_from;
};

std::vector<OneScorer> scorers_of(std::span<const ComparedRun> runs) {
  std::vector<OneScorer> found;
  for (const ComparedRun& run : runs) {
    const store::ScoreFileReader scores(run.folder.scores());
    for (const std::string& name : scores.scorers()) {
      const auto made = made_from(scores.provenance(name));
      const auto is_same = [&](const OneScorer& scorer) {
        return scorer.name == name && made && scorer.made_from == made;
      };
      if (std::ranges::none_of(found, is_same)) found.push_back({&run, name, made});
    }
  }
  return found;
}

struct NamedOrder {
  std::string name;
  selection::NumberOrder order;
};

std::vector<NamedOrder> all_scores(std::span<const ComparedRun> runs) {
  const std::vector<OneScorer> scorers = scorers_of(runs);
  std::map<std::string, int> named;
  for (const OneScorer& scorer : scorers) ++named[scorer.name];
  std::vector<NamedOrder> found;
  for (const OneScorer& scorer : scorers) {
    const store::ScoreFileReader scores(scorer.run->folder.scores());
    const std::string place = named[scorer.name] > 1 ? scorer.run->name + "/" : "";
    for (const std::string& score : scores.score_names(scorer.name)) {
      const auto column = scores.read_score(scorer.name, score, {0, scores.rows()});
      found.push_back(
          {place + scorer.name + "." + score, selection::order_of(column.values, column.status)});
    }
  }
  return found;
}

}  // namespace

Json score_correlations(std::span<const ComparedRun> runs) {
  const std::vector<NamedOrder> scores = all_scores(runs);
  Json names = Json::array();
  Json table(scores.size(), Json(scores.size(), Json()));
  for (std::size_t i = 0; i < scores.size(); ++i) {
    names.push_back(scores[i].name);
    for (std::size_t j = 0; j <= i; ++j)
      if (const auto value = selection::rank_correlation(scores[i].order, scores[j].order))
        table[i][j] = table[j][i] = *value;
  }
  return {{"names", names}, {"spearman", table}};
}

}  // namespace winnow::pipeline
