#include "selection/similarity_filter_mpi.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "mpi/collectives.hpp"
#include "selection/counted_mpi.hpp"
#include "selection/cut_mpi.hpp"
#include "selection/kept_vectors.hpp"
#include "selection/ranking.hpp"
#include "selection/similarity.hpp"

namespace winnow::selection {
namespace {

/// Rows of all ranks that are looked at together.
constexpr std::uint64_t kBlock = 1024;

struct TravellingRow {
  Position position;
  double score = 0;
  std::uint64_t cost = 1;
};

/// A block of rows in the order of picks, on every rank.
struct Block {
  std::vector<TravellingRow> rows;
  std::vector<float> vectors;
};

/// Hands out the rows of all ranks in their order.
class OrderedBlocks {
 public:
  OrderedBlocks(const mpi::Communicator& communicator, const ScoredVectors& rows)
      : collectives_(communicator), rows_(rows) {
    const std::vector<std::uint64_t> keys = ranking_keys(rows.score, Direction::descending);
    for (std::size_t i = 0; i < keys.size(); ++i) left_.push_back({keys[i], rows.row[i]});
    order_.resize(keys.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::ranges::sort(order_, {}, [&](std::size_t i) { return left_[i]; });
    std::ranges::sort(left_);
  }

  /// Collective. Empty when all rows have been handed out.
  Block next() {
    const CutRange everything{0, std::numeric_limits<std::uint64_t>::max(), 52};
    const Cut cut =
        find_cut(collectives_, std::span(left_).subspan(sent_), everything, kBlock, kBlock);
    std::vector<TravellingRow> own;
    std::vector<float> own_vectors;
    for (; sent_ < left_.size() && left_[sent_] < cut.end && cut.count > 0; ++sent_) {
      const std::size_t i = order_[sent_];
      own.push_back({left_[sent_], rows_.score[i], rows_.cost.empty() ? 1U : rows_.cost[i]});
      own_vectors.insert(own_vectors.end(), rows_.vectors[i].begin(), rows_.vectors[i].end());
    }
    const auto gathered = collectives_.all_gather(std::span<const TravellingRow>(own));
    const auto vectors = collectives_.all_gather(std::span<const float>(own_vectors));
    std::vector<std::size_t> order(gathered.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) { return gathered[i].position; });
    const Vectors all{vectors, rows_.vectors.dimension};
    Block block;
    for (const std::size_t i : order) {
      block.rows.push_back(gathered[i]);
      block.vectors.insert(block.vectors.end(), all[i].begin(), all[i].end());
    }
    return block;
  }

  CountedCollectives& collectives() { return collectives_; }

 private:
  CountedCollectives collectives_;
  const ScoredVectors& rows_;
  std::vector<Position> left_;      ///< in order; the first sent_ are through
  std::vector<std::size_t> order_;  ///< into rows_, of left_
  std::size_t sent_ = 0;
};

}  // namespace

Selection similarity_filter_mpi(const mpi::Communicator& communicator, const ScoredVectors& rows,
                                double max_cosine_similarity, std::uint64_t amount) {
  if (communicator.size() == 1) return similarity_filter(rows, max_cosine_similarity, amount);
  const std::size_t dimension = rows.vectors.dimension;
  OrderedBlocks blocks(communicator, rows);
  KeptVectors own(dimension, max_cosine_similarity);
  Selection selection;
  selection.score.emplace();
  const auto ranks = static_cast<std::size_t>(communicator.size());
  const std::uint64_t most_picks = std::min(amount, mpi::sum(communicator, rows.row.size()));
  own.reserve(static_cast<std::size_t>(most_picks) / ranks + 1);
  const auto rank = static_cast<std::size_t>(communicator.rank());
  while (selection.spent < amount) {
    const Block block = blocks.next();
    if (block.rows.empty()) break;
    const Vectors vectors{block.vectors, dimension};
    const std::vector<double> norm = norms(vectors);
    std::vector<unsigned char> marks(block.rows.size());
    own.mark_similar(vectors, norm, marks);
    std::vector<std::uint64_t> marked(marks.begin(), marks.end());
    blocks.collectives().sum_in_place(marked);
    for (std::size_t i = 0; i < marks.size(); ++i) marks[i] = marked[i] > 0 ? 1 : 0;
    for (const std::size_t place :
         SimilarityFilter(dimension, max_cosine_similarity).keep(vectors, norm, marks)) {
      const TravellingRow& row = block.rows[place];
      if (row.cost > amount - selection.spent) return selection;
      if (selection.row.size() % ranks == rank) own.keep(vectors[place], norm[place]);
      selection.row.push_back(row.position.row);
      selection.score->push_back(row.score);
      selection.spent += row.cost;
    }
  }
  return selection;
}

}  // namespace winnow::selection
