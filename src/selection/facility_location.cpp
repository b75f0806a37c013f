#include "selection/facility_location.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <vector>

#include "core/checked_cast.hpp"
#include "selection/facility_picks.hpp"
#include "selection/ground_cover.hpp"
#include "selection/position.hpp"

namespace winnow::selection {
namespace {

/// All rows are this process's own.
class OwnGains {
 public:
  OwnGains(const FacilityRule& rule, const Vectors& vectors, const FacilityCandidates& candidates)
      : row_of_(candidates.row.size()),
        cover_(rule, vectors, candidates.number, candidates.row.size(), 0) {
    for (std::size_t i = 0; i < row_of_.size(); ++i) row_of_[candidates.number[i]] = i;
  }

  std::vector<std::uint64_t> of_all() {
    if (gains_.empty() || cover_.find_changes() > row_of_.size() / 2) {
      if (gains_.empty()) cover_.keep_similarities(cover_.rows());
      gains_.assign(row_of_.size(), 0);
      cover_.add_all_gains(cover_.rows(), gains_);
    } else {
      std::vector<std::uint64_t> losses(row_of_.size(), 0);
      cover_.add_losses(cover_.rows(), losses);
      for (std::size_t c = 0; c < losses.size(); ++c) gains_[c] -= losses[c];
    }
    cover_.mark();
    return gains_;
  }

  std::vector<std::uint64_t> of(std::span<const std::uint32_t> candidates) {
    std::vector<float> vectors;
    for (const std::uint32_t c : candidates)
      if (!cover_.is_known(c)) vectors.insert(vectors.end(), vector(c).begin(), vector(c).end());
    const std::vector<Reach> reach =
        cover_.reach(candidates, {vectors, cover_.rows().prepared.dimension});
    cover_.keep_lists(candidates, reach);
    std::vector<std::uint64_t> gains;
    for (const Reach& each : reach) gains.push_back(each.gain);
    return gains;
  }

  [[nodiscard]] bool is_known(std::uint32_t candidate) const { return cover_.is_known(candidate); }
  void cover(std::uint32_t candidate) { cover_.cover(candidate, vector(candidate)); }

 private:
  [[nodiscard]] std::span<const float> vector(std::uint32_t candidate) const {
    return cover_.rows().prepared[row_of_[candidate]];
  }

  std::vector<std::size_t> row_of_;  ///< [candidates]
  GroundCover cover_;
  std::vector<std::uint64_t> gains_;  ///< [candidates] of all, when last found
};

}  // namespace

FacilityCandidates number_candidates(const FacilityRows& rows, FacilityTies ties) {
  std::vector<std::size_t> order(rows.row.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const bool is_listed_by_key = ties == FacilityTies::published && !rows.key.empty();
  std::ranges::sort(order, {}, [&](std::size_t i) {
    return Position{is_listed_by_key ? rows.key[i] : 0, rows.row[i]};
  });
  if (ties == FacilityTies::smallest_row) std::ranges::reverse(order);
  FacilityCandidates candidates;
  candidates.number.resize(order.size());
  for (const std::size_t i : order) {
    candidates.number[i] = core::checked_cast<std::uint32_t>(candidates.row.size());
    candidates.row.push_back(rows.row[i]);
    if (!rows.cost.empty()) candidates.cost.push_back(rows.cost[i]);
  }
  return candidates;
}

Selection facility_location(const FacilityRows& rows, const FacilityRule& rule,
                            std::uint64_t amount) {
  const FacilityCandidates candidates = number_candidates(rows, rule.ties);
  OwnGains gains(rule, rows.vectors, candidates);
  return pick_facilities(candidates, rule.ties, amount, gains);
}

}  // namespace winnow::selection
