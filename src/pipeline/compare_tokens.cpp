#include "pipeline/compare_tokens.hpp"

#include <algorithm>
#include <utility>

#include "store/score_file.hpp"

namespace winnow::pipeline {
namespace {

constexpr const char* kTokens = "n_tokens";

std::vector<TokenCounts> counts_of(const ComparedRun& run) {
  const store::ScoreFileReader scores(run.folder.scores());
  std::vector<TokenCounts> counts;
  for (const std::string& scorer : scores.scorers())
    if (const auto names = scores.count_names(scorer);
        std::ranges::find(names, kTokens) != names.end())
      counts.push_back({scorer, scores.read_counts(scorer, kTokens, {0, scores.rows()})});
  return counts;
}

bool has(const std::vector<TokenCounts>& all, const TokenCounts& counts) {
  return std::ranges::find(all, counts.of_row, &TokenCounts::of_row) != all.end();
}

}  // namespace

ComparedTokens compared_tokens(std::span<const ComparedRun> runs) {
  std::vector<TokenCounts> common = counts_of(runs.front());
  for (const ComparedRun& run : runs.subspan(1)) {
    const std::vector<TokenCounts> other = counts_of(run);
    std::erase_if(common, [&](const TokenCounts& counts) { return !has(other, counts); });
  }
  ComparedTokens tokens;
  for (const ComparedRun& run : runs)
    for (const TokenCounts& counts : counts_of(run))
      if (!has(common, counts)) tokens.left_out.push_back(run.name + "/" + counts.scorer);
  tokens.counts = std::move(common);
  return tokens;
}

}  // namespace winnow::pipeline
