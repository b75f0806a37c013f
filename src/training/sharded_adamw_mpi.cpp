#include "training/sharded_adamw_mpi.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/collectives.hpp"

namespace winnow::training {
namespace {

/// Slices in whole blocks, as even as that allows.
std::vector<std::size_t> slice_begins(std::size_t elements, std::size_t ranks) {
  const std::size_t blocks = (elements + kNormBlock - 1) / kNormBlock;
  std::vector<std::size_t> begins;
  for (std::size_t rank = 0; rank <= ranks; ++rank)
    begins.push_back(std::min(elements, blocks * rank / ranks * kNormBlock));
  return begins;
}

/// As torch.nn.utils.clip_grad_norm_.
double clip_scale(double norm, double limit) {
  return limit > 0 ? std::min(1.0, limit / (norm + 1e-6)) : 1.0;
}

}  // namespace

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

std::vector<float> ShardedAdamw::gradient_of_slice(GradientSum& own) const {
  const std::size_t ranks = begins_.size() - 1;
  std::vector<TreeNode> nodes;
  for (const auto& [node, values] : own.nodes()) nodes.push_back(node);
  if (ranks == 1) {
    return own.take_whole();
  }
  std::vector<std::vector<float>> outgoing(ranks);
  for (std::size_t rank = 0; rank < ranks; ++rank)
    for (const auto& [node, values] : own.nodes()) {
      const auto slice =
          std::span(values).subspan(begins_[rank], begins_[rank + 1] - begins_[rank]);
      outgoing[rank].insert(outgoing[rank].end(), slice.begin(), slice.end());
    }
  own.clear();
  const std::vector<TreeNode> all =
      mpi::all_gather(communicator_, std::span<const TreeNode>(nodes)).values;
  const std::vector<float> received = mpi::all_to_all(communicator_, outgoing).values;
  GradientSum sum;  // Ranks have their shards in order, so do the received nodes.
  for (std::size_t i = 0; i < all.size(); ++i)
    sum.add(all[i], std::span(received).subspan(i * size(), size()));
  return sum.take_whole();
}

StepNorm ShardedAdamw::step(GradientSum& own, const Options& options, std::span<float> weights) {
  const std::vector<float> gradient = gradient_of_slice(own);
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
  for (const WeightRange& range : ranges_) {
    const auto first = static_cast<std::size_t>(range.begin);
    const std::size_t from = std::max(first, begin());
    const std::size_t to = std::min(first + static_cast<std::size_t>(range.size), begin() + size());
    if (from >= to) continue;
    const auto part = [&](auto& values) {
      return std::span(values).subspan(from - begin(), to - from);
    };
    step.weight_decay = range.decays ? options.weight_decay : 0;
    adamw({part(weights_), part(first_), part(second_)}, part(gradient), rule_, step);
  }
  gather_weights(weights);
  return result;
}

void ShardedAdamw::gather_weights(std::span<float> all) const {
  std::ranges::copy(mpi::all_gather(communicator_, std::span<const float>(weights_)).values,
                    all.begin());
}

void ShardedAdamw::restore(std::uint64_t steps, std::vector<float> weights,
                           std::vector<float> first, std::vector<float> second,
                           std::span<float> all) {
  core::check(weights.size() == size() && first.size() == size() && second.size() == size(),
              "a restored slice is as long as the rank's own");
  steps_ = steps;
  weights_ = std::move(weights);
  first_ = std::move(first);
  second_ = std::move(second);
  gather_weights(all);
}

}  // namespace winnow::training
