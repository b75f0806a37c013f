#include "selection/facility_location_mpi.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "mpi/collectives.hpp"
#include "selection/facility_picks.hpp"
#include "selection/ground_cover.hpp"

namespace winnow::selection {
namespace {

/// Rows of one rank that travel together when all gains are found: whole tiles.
constexpr std::size_t kBlock = 32 * core::kTileColumns;

/// The shares of the ranks, one after the other, and what each row is as a candidate.
struct Shares {
  FacilityCandidates candidates;
  std::vector<std::uint64_t> counts;   ///< [ranks] rows
  std::vector<std::uint64_t> offsets;  ///< [ranks] rows before
  std::vector<std::uint64_t> tiles;    ///< [ranks] tiles before
  std::vector<std::size_t> place;      ///< [candidates] in the shares

  [[nodiscard]] std::span<const std::uint32_t> numbers(std::size_t rank) const {
    return std::span(candidates.number).subspan(offsets[rank], counts[rank]);
  }
  [[nodiscard]] std::size_t owner(std::uint32_t candidate) const {
    const auto after = std::ranges::upper_bound(offsets, place[candidate]);
    return static_cast<std::size_t>(after - offsets.begin()) - 1;
  }
};

Shares gather_shares(const mpi::Communicator& communicator, const FacilityRows& rows,
                     FacilityTies ties) {
  const mpi::Gathered<core::RowId> row = mpi::all_gather(communicator, rows.row);
  const auto key = mpi::all_gather(communicator, rows.key).values;
  const auto cost = mpi::all_gather(communicator, rows.cost).values;
  Shares shares{number_candidates({row.values, key, cost, {}}, ties), row.counts, {0}, {0}, {}};
  for (const std::uint64_t count : row.counts) {
    shares.offsets.push_back(shares.offsets.back() + count);
    shares.tiles.push_back(shares.tiles.back() +
                           core::filled_up_to_tiles(count) / core::kTileColumns);
  }
  shares.place.resize(row.values.size());
  for (std::size_t i = 0; i < shares.place.size(); ++i)
    shares.place[shares.candidates.number[i]] = i;
  return shares;
}

/// Collective in every member but `is_known`.
class DistributedGains {
 public:
  DistributedGains(const mpi::Communicator& communicator, const FacilityRule& rule,
                   const Vectors& vectors, const Shares& shares)
      : communicator_(communicator),
        shares_(shares),
        rank_(static_cast<std::size_t>(communicator.rank())),
        cover_(rule, vectors, {shares.numbers(rank_).begin(), shares.numbers(rank_).end()},
               shares.candidates.row.size(), shares.tiles[rank_]) {}

  std::vector<std::uint64_t> of_all() {
    const std::size_t candidates = shares_.candidates.row.size();
    const bool is_first = gains_.empty();
    // A candidate's similarities are whole when all blocks have been given.
    if (is_first && cover_.keeps_similarities())
      for_each_block([&](const CandidateTiles& block) { cover_.keep_similarities(block); });
    if (is_first || mpi::sum(communicator_, cover_.find_changes()) > candidates / 2) {
      gains_ = sum_over_blocks([&](const CandidateTiles& block, std::span<std::uint64_t> sums) {
        cover_.add_all_gains(block, sums);
      });
    } else {
      const std::vector<std::uint64_t> losses =
          sum_over_blocks([&](const CandidateTiles& block, std::span<std::uint64_t> sums) {
            cover_.add_losses(block, sums);
          });
      for (std::size_t c = 0; c < candidates; ++c) gains_[c] -= losses[c];
    }
    cover_.mark();
    return gains_;
  }

  std::vector<std::uint64_t> of(std::span<const std::uint32_t> candidates) {
    const std::vector<float> vectors = vectors_of(candidates);
    std::vector<Reach> reach =
        cover_.reach(candidates, {vectors, cover_.rows().prepared.dimension});
    std::vector<std::uint64_t> sums;
    for (const Reach& each : reach) sums.push_back(each.gain);
    for (const Reach& each : reach) sums.push_back(each.rows);
    mpi::sum_in_place(communicator_, sums);
    for (std::size_t i = 0; i < reach.size(); ++i) reach[i] = {sums[i], sums[reach.size() + i]};
    cover_.keep_lists(candidates, reach);
    sums.resize(reach.size());
    return sums;
  }

  [[nodiscard]] bool is_known(std::uint32_t candidate) const { return cover_.is_known(candidate); }

  void cover(std::uint32_t candidate) {
    cover_.cover(candidate, vectors_of(std::span(&candidate, 1)));
  }

 private:
  /// Shows `visit` the rows of all ranks, a block of one rank after the other.
  template <class Visit>
  void for_each_block(const Visit& visit) {
    const CandidateTiles own = cover_.rows();
    const std::size_t dimension = own.prepared.dimension;
    for (std::size_t rank = 0; rank < shares_.counts.size(); ++rank)
      for (std::size_t begin = 0; begin < shares_.counts[rank]; begin += kBlock) {
        const std::size_t count = std::min(kBlock, shares_.counts[rank] - begin);
        std::vector<float> vectors;
        std::vector<std::int32_t> cover;
        if (rank == rank_) {
          const auto values = own.prepared.values.subspan(begin * dimension, count * dimension);
          const auto covers = own.cover.subspan(begin, count);
          vectors.assign(values.begin(), values.end());
          cover.assign(covers.begin(), covers.end());
        }
        const auto root = static_cast<int>(rank);
        vectors = mpi::broadcast(communicator_, vectors, root);
        cover = mpi::broadcast(communicator_, cover, root);
        visit(CandidateTiles{shares_.tiles[rank] + begin / core::kTileColumns,
                             shares_.numbers(rank).subspan(begin, count),
                             {vectors, dimension},
                             cover});
      }
  }

  /// What `add` makes of the rows of all ranks.
  template <class Add>
  std::vector<std::uint64_t> sum_over_blocks(const Add& add) {
    std::vector<std::uint64_t> sums(shares_.candidates.row.size(), 0);
    for_each_block(
        [&](const CandidateTiles& block) { add(block, std::span<std::uint64_t>(sums)); });
    mpi::sum_in_place(communicator_, sums);
    return sums;
  }

  /// The prepared vectors of the candidates that are not known, in their order.
  [[nodiscard]] std::vector<float> vectors_of(std::span<const std::uint32_t> candidates) const {
    const Vectors own = cover_.rows().prepared;
    std::vector<std::vector<std::size_t>> of_rank(shares_.counts.size());
    std::size_t count = 0;
    for (const std::uint32_t c : candidates)
      if (!is_known(c)) of_rank[shares_.owner(c)].push_back(count++);
    if (count == 0) return {};
    std::vector<float> sent;
    for (const std::uint32_t c : candidates)
      if (!is_known(c) && shares_.owner(c) == rank_) {
        const std::span<const float> vector = own[shares_.place[c] - shares_.offsets[rank_]];
        sent.insert(sent.end(), vector.begin(), vector.end());
      }
    const std::vector<float> gathered =
        mpi::all_gather(communicator_, std::span<const float>(sent)).values;
    std::vector<float> vectors(gathered.size());
    auto next = gathered.begin();
    for (const std::vector<std::size_t>& places : of_rank)
      for (const std::size_t place : places) {
        const auto end = next + static_cast<std::ptrdiff_t>(own.dimension);
        std::copy(next, end, vectors.begin() + static_cast<std::ptrdiff_t>(place * own.dimension));
        next = end;
      }
    return vectors;
  }

  const mpi::Communicator& communicator_;
  const Shares& shares_;
  std::size_t rank_;
  GroundCover cover_;
  std::vector<std::uint64_t> gains_;  ///< [candidates] of all, when last found
};

}  // namespace

Selection facility_location_mpi(const mpi::Communicator& communicator, const FacilityRows& rows,
                                const FacilityRule& rule, std::uint64_t amount) {
  if (communicator.size() == 1) return facility_location(rows, rule, amount);
  const Shares shares = gather_shares(communicator, rows, rule.ties);
  DistributedGains gains(communicator, rule, rows.vectors, shares);
  return pick_facilities(shares.candidates, rule.ties, amount, gains);
}

}  // namespace winnow::selection
