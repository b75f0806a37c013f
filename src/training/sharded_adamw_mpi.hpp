#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mpi/communicator.hpp"
#include "training/adamw.hpp"
#include "training/gradient_sum.hpp"
#include "training/optimizer_slice.hpp"
#include "training/weight_range.hpp"

namespace winnow::training {

/// What one update did.
struct StepNorm {
  double norm = 0;   ///< of the gradient, before it is clipped
  double scale = 1;  ///< what the gradient was multiplied by
};

struct UpdateOptions {
  double learning_rate = 0;
  double weight_decay = 0;
  double clip_norm = 0;  ///< 0: no limit
};

/// AdamW over the ranks: each keeps the float32 weights and the two moments of its slice alone, in
/// whole blocks of kNormBlock elements. Collective in every member; all bits are the same for any
/// number of ranks. ZeRO, stage 1 (Rajbhandari et al., arXiv:1910.02054).
class ShardedAdamw {
 public:
  /// @param weights  [n] all of them, float32; this rank's slice is copied
  /// @param ranges   in order, together the whole of `weights`
  ShardedAdamw(const mpi::Communicator& communicator, std::span<const float> weights,
               std::vector<WeightRange> ranges, const AdamwRule& rule);

  /// One step with the gradient of all shards.
  /// @param own   this rank's shards' sums
  /// @param weights  [n] takes the new weights of all ranks
  /// @throws core::ModelError on all ranks for a gradient that is not finite, with the weights as
  /// they were, or for new weights that are not: no further step may be taken
  StepNorm step(const GradientSum& own, const UpdateOptions& options, std::span<float> weights);

  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  /// This rank's slice.
  [[nodiscard]] std::span<const float> weights() const { return weights_; }
  [[nodiscard]] std::span<const float> first_moment() const { return first_; }
  [[nodiscard]] std::span<const float> second_moment() const { return second_; }
  /// Collective. Goes on from a checkpoint's slices.
  /// @param all  [n] takes the weights of all ranks
  void restore(RestoredSlice slice, std::span<float> all);
  [[nodiscard]] std::uint64_t elements() const { return begins_.back(); }
  [[nodiscard]] std::size_t begin() const { return begins_[rank_]; }
  [[nodiscard]] std::size_t size() const { return begins_[rank_ + 1] - begins_[rank_]; }

 private:
  void gather_weights(std::span<float> all) const;
  [[nodiscard]] std::span<const float> gradient_of_slice(const GradientSum& own);
  std::vector<std::span<float>> exchange(const GradientSum& own,
                                         std::span<const std::uint64_t> counts, std::size_t nodes);

  const mpi::Communicator& communicator_;
  std::size_t rank_;
  std::vector<std::size_t> begins_;  ///< [ranks + 1] of the slices
  std::vector<WeightRange> ranges_;
  AdamwRule rule_;
  std::uint64_t steps_ = 0;
  std::vector<float> weights_, first_, second_;
  std::vector<float> received_;  ///< the slice of the sums of all ranks' nodes
};

}  // namespace winnow::training
