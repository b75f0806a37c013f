#include "selection/near_duplicates_mpi.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "selection/counted_mpi.hpp"
#include "selection/cut_mpi.hpp"
#include "selection/equal_sets_mpi.hpp"
#include "selection/kept_sets.hpp"
#include "selection/minhash.hpp"

namespace winnow::selection {
namespace {

/// Sets of all ranks that are looked at together.
constexpr std::uint64_t kBlock = 4096;

struct TravellingSet {
  Position position;
  std::uint64_t size = 0;
};

/// Sets of all ranks in their order, on every rank.
struct Block {
  std::vector<TravellingSet> sets;    ///< as they came
  std::vector<std::size_t> order;     ///< into sets
  std::vector<std::uint64_t> offset;  ///< [sets + 1] into shingle
  std::vector<std::uint64_t> shingle;
  std::vector<std::uint64_t> band_key;  ///< [sets, bands]
  std::size_t bands = 0;

  [[nodiscard]] std::span<const std::uint64_t> set(std::size_t i) const {
    return std::span(shingle).subspan(offset[i], offset[i + 1] - offset[i]);
  }
  [[nodiscard]] std::span<const std::uint64_t> band_keys(std::size_t i) const {
    return std::span(band_key).subspan(i * bands, bands);
  }
};

/// Hands out the distinct sets of all ranks in the order of their first rows.
class OrderedSets {
 public:
  OrderedSets(const mpi::Communicator& communicator, const ShingledRows& rows,
              std::span<const core::RowId> leader, const NearDuplicateRule& rule)
      : collectives_(communicator),
        rows_(rows),
        minhash_(choose_bands(rule.min_jaccard_similarity, rule.permutations), rule.seed) {
    for (std::size_t i = 0; i < leader.size(); ++i)
      if (leader[i] == rows.row[i]) order_.push_back(i);
    std::ranges::sort(order_, {}, [&](std::size_t i) { return rows.position(i); });
    for (const std::size_t i : order_) left_.push_back(rows.position(i));
  }

  /// Collective. Empty when all have been handed out.
  Block next() {
    const CutRange everything{0, std::numeric_limits<std::uint64_t>::max(), 52};
    const Cut cut =
        find_cut(collectives_, std::span(left_).subspan(sent_), everything, kBlock / 2, kBlock);
    std::vector<TravellingSet> sets;
    std::vector<std::uint64_t> shingle, band_key;
    for (; cut.count > 0 && sent_ < left_.size() && left_[sent_] < cut.end; ++sent_) {
      const auto set = rows_.set(order_[sent_]);
      sets.push_back({left_[sent_], set.size()});
      shingle.insert(shingle.end(), set.begin(), set.end());
      minhash_.append_band_keys(set, band_key);
    }
    Block block;
    block.sets = collectives_.all_gather(std::span<const TravellingSet>(sets));
    block.shingle = collectives_.all_gather(std::span<const std::uint64_t>(shingle));
    block.band_key = collectives_.all_gather(std::span<const std::uint64_t>(band_key));
    block.bands = minhash_.bands();
    block.offset.push_back(0);
    for (const TravellingSet& set : block.sets)
      block.offset.push_back(block.offset.back() + set.size);
    block.order.resize(block.sets.size());
    std::iota(block.order.begin(), block.order.end(), std::size_t{0});
    std::ranges::sort(block.order, {}, [&](std::size_t i) { return block.sets[i].position; });
    return block;
  }

  CountedCollectives& collectives() { return collectives_; }

 private:
  CountedCollectives collectives_;
  const ShingledRows& rows_;
  MinHash minhash_;
  std::vector<std::size_t> order_;  ///< into rows_
  std::vector<Position> left_;      ///< of order_; the first sent_ are through
  std::size_t sent_ = 0;
};

/// This rank's share of the kept sets of all ranks.
class KeptShare {
 public:
  KeptShare(const mpi::Communicator& communicator, double min_jaccard_similarity)
      : ranks_(static_cast<std::size_t>(communicator.size())),
        rank_(static_cast<std::size_t>(communicator.rank())),
        sets_(min_jaccard_similarity) {}

  void keep(std::size_t number, const Block& block, std::size_t i) {
    if (number % ranks_ == rank_) sets_.keep(block.set(i), block.band_keys(i));
  }

  /// Collective. For each set of the block the first kept one of all ranks that it resembles.
  std::vector<std::optional<KeptMatch>> find(CountedCollectives& collectives, const Block& block) {
    struct Found {
      std::uint64_t place = 0;
      KeptMatch match;
    };
    std::vector<Found> own;
    for (std::size_t i = 0; i < block.sets.size(); ++i)
      if (const auto match = sets_.find(block.set(i), block.band_keys(i)))
        own.push_back({i, {match->kept * ranks_ + rank_, match->jaccard_similarity}});
    std::vector<std::optional<KeptMatch>> first(block.sets.size());
    for (const Found& found : collectives.all_gather(std::span<const Found>(own)))
      if (!first[found.place] || found.match.kept < first[found.place]->kept)
        first[found.place] = found.match;
    return first;
  }

 private:
  std::size_t ranks_;
  std::size_t rank_;
  KeptSets sets_;  ///< the sets rank, rank + ranks, rank + 2 ranks, ...
};

/// The verdicts of all distinct sets, on every rank.
NearDuplicates filter(const mpi::Communicator& communicator, const ShingledRows& rows,
                      std::span<const core::RowId> leader, const NearDuplicateRule& rule) {
  OrderedSets ordered(communicator, rows, leader, rule);
  KeptShare share(communicator, rule.min_jaccard_similarity);
  NearDuplicates result;
  for (Block block = ordered.next(); !block.sets.empty(); block = ordered.next()) {
    const std::vector<std::optional<KeptMatch>> earlier = share.find(ordered.collectives(), block);
    const std::size_t kept_before = result.kept.size();
    KeptSets fresh(rule.min_jaccard_similarity);
    for (const std::size_t i : block.order) {
      std::optional<KeptMatch> match = earlier[i];
      if (!match) {
        match = fresh.find(block.set(i), block.band_keys(i));
        if (match) match->kept += kept_before;
      }
      const Position& position = block.sets[i].position;
      if (match) {
        result.dropped.push_back({position, result.kept[match->kept], match->jaccard_similarity});
      } else {
        share.keep(result.kept.size(), block, i);
        fresh.keep(block.set(i), block.band_keys(i));
        result.kept.push_back(position.row);
      }
    }
  }
  return result;
}

/// Collective. The rows that repeat the set of their leader, from all ranks: each resembles what
/// its leader resembles, or else the leader.
std::vector<NearDuplicate> copies(const mpi::Communicator& communicator, const ShingledRows& rows,
                                  std::span<const core::RowId> leader,
                                  std::span<const NearDuplicate> dropped) {
  std::unordered_map<core::RowId, const NearDuplicate*> verdict;
  for (const NearDuplicate& each : dropped) verdict.emplace(each.position.row, &each);
  std::vector<NearDuplicate> own;
  for (std::size_t i = 0; i < leader.size(); ++i) {
    if (leader[i] == rows.row[i]) continue;
    const auto found = verdict.find(leader[i]);
    own.push_back(found == verdict.end() ? NearDuplicate{rows.position(i), leader[i], 1}
                                         : NearDuplicate{rows.position(i), found->second->kept,
                                                         found->second->jaccard_similarity});
  }
  return mpi::all_gather(communicator, std::span<const NearDuplicate>(own)).values;
}

}  // namespace

NearDuplicates near_duplicates_mpi(const mpi::Communicator& communicator, const ShingledRows& rows,
                                   const NearDuplicateRule& rule) {
  mpi::agree_on(communicator, [&] { check_near_duplicates_input(rows, rule); });
  if (communicator.size() == 1) return near_duplicates(rows, rule);
  const std::vector<core::RowId> leader = leaders_mpi(communicator, rows);
  NearDuplicates result = filter(communicator, rows, leader, rule);
  const std::vector<NearDuplicate> copied = copies(communicator, rows, leader, result.dropped);
  result.dropped.insert(result.dropped.end(), copied.begin(), copied.end());
  std::ranges::sort(result.dropped, {}, &NearDuplicate::position);
  return result;
}

}  // namespace winnow::selection
