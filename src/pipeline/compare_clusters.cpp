#include "pipeline/compare_clusters.hpp"

#include <algorithm>
#include <set>

#include "pipeline/pool.hpp"
#include "selection/kmeans.hpp"
#include "selection/nearest_centroid.hpp"
#include "selection/ranking.hpp"
#include "store/score_file.hpp"

namespace winnow::pipeline {
namespace {

constexpr std::size_t kClusters = 100;
constexpr std::uint64_t kClusteredRows = 20'000;
/// Embeddings in memory at a time when the picked rows are looked at.
constexpr std::size_t kRowsAtOnce = 16'384;

struct Embedding {
  const RunFolder* run;
  std::string scorer;
};

std::optional<Embedding> first_embedding(const std::vector<ComparedRun>& runs) {
  for (const ComparedRun& run : runs) {
    const store::ScoreFileReader scores(run.folder.scores());
    for (const std::string& scorer : scores.scorers())
      if (scores.embedding_dimension(scorer) > 0) return Embedding{&run.folder, scorer};
  }
  return std::nullopt;
}

/// Ascending: every one of `rows`, or a draw of kClusteredRows.
Pool drawn(const Pool& rows) {
  if (rows.size() <= kClusteredRows) return rows;
  Pool sample = selection::random_subset(rows, 0, {}, kClusteredRows).row;
  std::ranges::sort(sample);
  return sample;
}

/// The rows of any selection, ascending.
Pool picked_rows(const std::vector<ComparedSelection>& selections) {
  Pool rows;
  for (const ComparedSelection& selection : selections)
    rows.insert(rows.end(), selection.rows.begin(), selection.rows.end());
  std::ranges::sort(rows);
  const auto repeats = std::ranges::unique(rows);
  rows.erase(repeats.begin(), repeats.end());
  return rows;
}

}  // namespace

std::optional<ClusterCoverage> cluster_coverage(const ComparedSelections& compared) {
  const std::optional<Embedding> embedding = first_embedding(compared.runs);
  if (!embedding) return std::nullopt;
  const auto status = store::ScoreFileReader(embedding->run->scores())
                          .read_status(embedding->scorer, "embedding", {0, compared.rows});
  const auto has_none = [&](core::RowId row) { return status[row] != core::ScoreStatus::ok; };
  Pool embedded;
  for (core::RowId row = 0; row < compared.rows; ++row)
    if (!has_none(row)) embedded.push_back(row);
  const Pool sample = drawn(embedded);
  if (sample.empty()) return std::nullopt;
  const RowVectors vectors = read_vectors(*embedding->run, embedding->scorer, sample);
  const std::vector<double> centroids =
      selection::kmeans(vectors.view(), {.clusters = kClusters}).centroid;

  Pool picked = picked_rows(compared.selections);
  std::erase_if(picked, has_none);
  std::vector<std::set<std::uint32_t>> covered(compared.selections.size());
  for (std::size_t begin = 0; begin < picked.size(); begin += kRowsAtOnce) {
    const std::size_t end = std::min(begin + kRowsAtOnce, picked.size());
    const Pool rows(picked.begin() + static_cast<std::ptrdiff_t>(begin),
                    picked.begin() + static_cast<std::ptrdiff_t>(end));
    const RowVectors read = read_vectors(*embedding->run, embedding->scorer, rows);
    const std::vector<std::uint32_t> cluster =
        selection::assign_to_nearest(read.view(), centroids).cluster;
    for (std::size_t s = 0; s < covered.size(); ++s)
      for (std::size_t i = 0; i < rows.size(); ++i)
        if (std::ranges::binary_search(compared.selections[s].rows, rows[i]))
          covered[s].insert(cluster[i]);
  }
  ClusterCoverage coverage{
      embedding->scorer, sample.size(), centroids.size() / vectors.dimension, {}};
  for (const std::set<std::uint32_t>& clusters : covered)
    coverage.covered.push_back(clusters.size());
  return coverage;
}

}  // namespace winnow::pipeline
