#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "selection/facility_location.hpp"

namespace winnow::selection {

/// Candidates by number, of which a larger one goes before a smaller one of equal gain, and what
/// is known of their gains, which only fall. It says whose gains the next pick depends on; asking
/// for several at a time changes nothing about the picks.
class GainQueue {
 public:
  struct Pick {
    std::uint32_t candidate = 0;
    std::uint64_t gain = 0;
  };

  /// @param gains  [candidates] before the first pick
  GainQueue(FacilityTies ties, std::vector<std::uint64_t> gains);

  [[nodiscard]] bool is_empty() const { return heap_.empty() && !next_; }
  /// The candidates whose present gains are asked for, likeliest first; none: the next pick is
  /// settled.
  [[nodiscard]] std::vector<std::uint32_t> wanted();
  /// Their present gains. [candidates]
  void tell(std::span<const std::uint32_t> candidates, std::span<const std::uint64_t> gains);
  /// The present gains of all candidates; those of picked ones do not matter.
  void tell_all(std::span<const std::uint64_t> gains);
  /// Takes the next pick off the queue, once it is settled.
  [[nodiscard]] Pick next();

 private:
  using Bound = std::pair<std::uint64_t, std::uint32_t>;  ///< gain at some time, candidate

  [[nodiscard]] bool is_known(std::uint32_t candidate) const;
  [[nodiscard]] bool is_accepted(const Bound& popped) const;
  std::optional<std::uint32_t> settle();
  void lower_top();
  Bound pop();
  void push(const Bound& bound);

  FacilityTies ties_;
  std::vector<Bound> heap_;              ///< the largest on top
  std::vector<std::uint64_t> latest_;    ///< [candidates] gain when last told
  std::vector<std::uint32_t> known_at_;  ///< [candidates] picks at that time
  std::optional<Pick> next_;
  std::uint32_t picks_ = 0;
  std::uint64_t best_ = 0;  ///< of the gains told since the last pick
  std::size_t asked_ = 0;   ///< since the last pick
  std::size_t batch_;       ///< how many to ask for together
};

}  // namespace winnow::selection
