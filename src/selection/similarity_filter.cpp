#include "selection/similarity_filter.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "selection/kept_vectors.hpp"
#include "selection/ranking.hpp"
#include "selection/similarity.hpp"

namespace winnow::selection {
namespace {

/// Rows that are looked at together; what lies behind the last pick of them is lost work.
constexpr std::size_t kBlock = 1024;

}  // namespace

Selection similarity_filter(const ScoredVectors& rows, double max_cosine_similarity,
                            std::uint64_t amount) {
  return similarity_filter(rows, max_cosine_similarity, amount,
                           fastest_form(rows.vectors.dimension));
}

Selection similarity_filter(const ScoredVectors& rows, double max_cosine_similarity,
                            std::uint64_t amount, BoundForm form) {
  const std::vector<std::uint64_t> keys = ranking_keys(rows.score, Direction::descending);
  std::vector<std::size_t> order(rows.row.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return Position{keys[i], rows.row[i]}; });
  Selection selection;
  selection.score.emplace();
  SimilarityFilter filter(rows.vectors.dimension, max_cosine_similarity, form);
  filter.reserve(amount < rows.row.size() ? static_cast<std::size_t>(amount) + kBlock
                                          : rows.row.size());
  for (std::size_t begin = 0; begin < order.size(); begin += kBlock) {
    const std::span<const std::size_t> block =
        std::span(order).subspan(begin, std::min(kBlock, order.size() - begin));
    std::vector<float> vectors;
    for (const std::size_t i : block)
      vectors.insert(vectors.end(), rows.vectors[i].begin(), rows.vectors[i].end());
    std::vector<unsigned char> marks(block.size());
    const Vectors in_order{vectors, rows.vectors.dimension};
    for (const std::size_t place : filter.keep(in_order, norms(in_order), marks)) {
      const std::size_t i = block[place];
      const std::uint64_t cost = rows.cost.empty() ? 1 : rows.cost[i];
      if (cost > amount - selection.spent) return selection;
      selection.row.push_back(rows.row[i]);
      selection.score->push_back(rows.score[i]);
      selection.spent += cost;
    }
    if (selection.spent == amount) break;
  }
  return selection;
}

}  // namespace winnow::selection
