#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "selection/facility_location.hpp"
#include "selection/facility_similarity.hpp"
#include "selection/vectors.hpp"

namespace winnow::selection {

/// What a candidate would add to ground rows, and to how many.
struct Reach {
  std::uint64_t gain = 0;
  std::uint64_t rows = 0;
};

/// Candidates together: their numbers, their prepared vectors and the cover that they have as
/// ground rows. Numbered in tiles of core::kTileColumns rows through the shares of all processes;
/// the first row begins a tile.
struct CandidateTiles {
  std::uint64_t first_tile = 0;
  std::span<const std::uint32_t> candidate;
  Vectors prepared;
  std::span<const std::int32_t> cover;
};

/// This process's share of the ground set: how similar each of its rows is to the most similar
/// pick, and what candidates would add to that. Candidates are all rows of all processes, by
/// number. Where the rule's `list_bytes` hold all similarities they are kept. A candidate that few
/// ground rows still look to has a list of them (those whose similarity to it is above their
/// cover), which stands in for its vector from then on.
class GroundCover {
 public:
  /// @param candidate  the numbers of the rows; `candidates` of all processes together
  /// @param first_tile  the number of this share's first tile
  GroundCover(const FacilityRule& rule, const Vectors& vectors,
              std::vector<std::uint32_t> candidate, std::size_t candidates,
              std::uint64_t first_tile);

  /// The rows themselves, as candidates.
  [[nodiscard]] CandidateTiles rows() const;
  /// Whether there is room for all similarities.
  [[nodiscard]] bool keeps_similarities() const { return keeps_similarities_; }
  /// Keeps how similar the given candidates are to the rows, where there is room. All candidates
  /// must be given, the rows themselves among them, before any other question is asked.
  void keep_similarities(const CandidateTiles& given);
  /// Adds to gains [candidates] what the rows and the given candidates add to each other. Of two
  /// tiles that both are given to both, each pair is computed by one side only.
  void add_all_gains(const CandidateTiles& given, std::span<std::uint64_t> gains) const;

  /// Remembers the covers as they are.
  void mark();
  /// How many rows have a better cover than when `mark` was last called; `add_losses` knows them
  /// from then on.
  [[nodiscard]] std::size_t find_changes();
  /// Adds to losses [candidates] by how much the changes lessened what the given candidates add.
  void add_losses(const CandidateTiles& given, std::span<std::uint64_t> losses) const;

  /// Whether a candidate's gain is found at little cost: without its vector.
  [[nodiscard]] bool is_known(std::uint32_t candidate) const {
    return keeps_similarities_ || is_listed(candidate);
  }
  /// @param prepared  of the candidates that are not known, in their order
  [[nodiscard]] std::vector<Reach> reach(std::span<const std::uint32_t> candidates,
                                         const Vectors& prepared);
  /// After `reach` of the same candidates: lists for those that reach few rows of all processes.
  void keep_lists(std::span<const std::uint32_t> candidates, std::span<const Reach> total);
  /// The candidate is picked. @param prepared  its vector, not looked at where it is known
  void cover(std::uint32_t candidate, std::span<const float> prepared);

 private:
  struct Reached {
    std::uint32_t row = 0;
    std::int32_t similarity = 0;
  };
  using List = std::vector<Reached>;

  [[nodiscard]] bool is_listed(std::uint32_t candidate) const { return is_listed_[candidate] != 0; }
  [[nodiscard]] std::span<const float> panel(std::size_t index) const;
  [[nodiscard]] std::span<const std::int32_t> similarities_of(std::uint32_t candidate) const {
    return std::span(similarities_).subspan(candidate * cover_.size(), cover_.size());
  }
  Reach reach_of_list(List& list) const;
  /// @param list  filled if it is not too long
  Reach reach_of_similarities(std::span<const std::int32_t> units, List& list) const;
  /// @param lists  one for each vector, filled if it is not too long
  std::vector<Reach> reach_of_vectors(std::span<const float> prepared, std::span<List> lists) const;

  FacilitySimilarity similarity_;
  std::size_t dimension_;
  bool keeps_similarities_;
  std::size_t longest_list_;
  std::uint64_t first_tile_;
  std::vector<std::uint32_t> candidate_;
  std::vector<float> prepared_;
  std::vector<float> panels_;
  std::vector<std::int32_t> cover_;  ///< [rows, filled up to tiles]
  std::vector<std::int32_t> marked_cover_;
  std::vector<std::int32_t> similarities_;  ///< [candidates, rows filled up to tiles], or empty
  /// The changed rows, as panels with both covers.
  std::vector<float> changed_panels_;
  std::vector<std::int32_t> changed_from_, changed_to_;
  std::vector<List> lists_;        ///< [candidates]
  std::vector<List> fresh_lists_;  ///< of the candidates without a list in the last `reach`
  std::vector<unsigned char> is_listed_;
};

}  // namespace winnow::selection
