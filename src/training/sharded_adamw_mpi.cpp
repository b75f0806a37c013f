#include "training/sharded_adamw_mpi.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "training/gradient_clip.hpp"
#include "training/weight_slices.hpp"

namespace winnow::training {

ShardedAdamw::ShardedAdamw(const mpi::Communicator& communicator, std::span<const float> weights,
                           std::vector<WeightRange> ranges, const AdamwRule& rule)
    : communicator_(communicator),
      rank_(static_cast<std::size_t>(communicator.rank())),
      begins_(slice_begins(weights.size(), static_cast<std::size_t>(communicator.size()))),
      ranges_(std::move(ranges)),
      rule_(rule) {
  const std::span<const float> own = weights.subspan(begin(), size());
  weights_.assign(own.begin(), own.end());
  first_.resize(size());
  second_.resize(size());
}

std::span<const float> ShardedAdamw::gradient_of_slice(const GradientSum& own) {
  const std::size_t ranks = begins_.size() - 1;
  GradientSum sum;
  if (ranks == 1) {
    sum = own;
  } else {
    std::vector<TreeNode> nodes;
    for (const auto& [node, values] : own.nodes()) nodes.push_back(node);
    const auto [all, counts] = mpi::all_gather(communicator_, std::span<const TreeNode>(nodes));
    received_.resize(all.size() * size());
    const auto places = exchange(own, counts, all.size());
    for (std::size_t i = 0; i < all.size(); ++i) sum.add(all[i], places[i]);
  }
  core::check(sum.nodes().size() == 1, "the shards of all ranks are one node");
  return sum.nodes().front().second;
}

/// Every rank's k-th node goes in the k-th round. In the order of the nodes.
std::vector<std::span<float>> ShardedAdamw::exchange(const GradientSum& own,
                                                     std::span<const std::uint64_t> counts,
                                                     std::size_t nodes) {
  const std::size_t ranks = counts.size();
  std::vector<std::span<float>> places;
  for (std::size_t node = 0; node < nodes; ++node)
    places.push_back(std::span(received_).subspan(node * size(), size()));
  for (std::size_t round = 0; round < std::ranges::max(counts); ++round) {
    std::vector<std::span<const float>> outgoing(ranks);
    std::vector<std::span<float>> incoming(ranks);
    std::size_t first = 0;  // Of the rank's nodes.
    for (std::size_t rank = 0; rank < ranks; first += counts[rank++]) {
      if (round < own.nodes().size())
        outgoing[rank] =
            own.nodes()[round].second.subspan(begins_[rank], begins_[rank + 1] - begins_[rank]);
      if (round < counts[rank]) incoming[rank] = places[first + round];
    }
    mpi::all_to_all<float>(communicator_, outgoing, incoming);
  }
  return places;
}

StepNorm ShardedAdamw::step(const GradientSum& own, const UpdateOptions& options,
                            std::span<float> weights) {
  const std::span<const float> gradient = gradient_of_slice(own);
  const std::vector<double> own_sums = square_sums(gradient);
  double squares = 0;
  for (const double sum : mpi::all_gather(communicator_, std::span<const double>(own_sums)).values)
    squares += sum;
  StepNorm result{std::sqrt(squares), 1};
  if (!std::isfinite(result.norm))
    throw core::ModelError(fmt::format("step {}: the gradient is not finite", steps_ + 1));
  result.scale = clip_scale(result.norm, options.clip_norm);
  ++steps_;
  AdamwStep step{steps_, options.learning_rate, 0, static_cast<float>(result.scale)};
  bool are_finite = true;
  for (const WeightRange& range : ranges_) {
    const auto first = static_cast<std::size_t>(range.begin);
    const std::size_t from = std::max(first, begin());
    const std::size_t to = std::min(first + static_cast<std::size_t>(range.size), begin() + size());
    if (from >= to) continue;
    const auto part = [&](auto& values) {
      return std::span(values).subspan(from - begin(), to - from);
    };
    step.weight_decay = range.decays ? options.weight_decay : 0;
    are_finite &= adamw({part(weights_), part(first_), part(second_)}, part(gradient), rule_, step);
  }
  mpi::agree_on(communicator_, [&] {
    if (!are_finite)
      throw core::ModelError(fmt::format("step {}: weights are no longer finite", steps_));
  });
  gather_weights(weights);
  return result;
}

void ShardedAdamw::gather_weights(std::span<float> all) const {
  const std::size_t ranks = begins_.size() - 1;
  const std::vector<std::span<const float>> outgoing(ranks, weights_);
  std::vector<std::span<float>> incoming;
  for (std::size_t rank = 0; rank < ranks; ++rank)
    incoming.push_back(all.subspan(begins_[rank], begins_[rank + 1] - begins_[rank]));
  mpi::all_to_all<float>(communicator_, outgoing, incoming);
}

void ShardedAdamw::restore(RestoredSlice slice, std::span<float> all) {
  for (const std::vector<float>& part : slice.parts)
    core::check(part.size() == size(), "a restored slice is as long as the rank's own");
  steps_ = slice.steps;
  weights_ = std::move(slice.parts[0]);
  first_ = std::move(slice.parts[1]);
  second_ = std::move(slice.parts[2]);
  gather_weights(all);
}

}  // namespace winnow::training
