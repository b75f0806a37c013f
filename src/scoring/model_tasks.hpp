#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "model/language_model.hpp"

namespace winnow::scoring {

/// A text and what is asked of it; the members are those of model::Segment.
struct ModelRequest {
  std::vector<std::int32_t> ids;
  std::uint32_t first_scored = 1;
  std::uint32_t end_scored = 0;
  std::uint32_t pooled = 0;
  model::Pooling pooling = model::Pooling::last_token;
  bool wants_candidates = false;
  auto operator<=>(const ModelRequest&) const = default;
};

/// The texts of a block on their way through the model: equal requests are run once, in batches
/// that depend on the requests alone.
class ModelTasks {
 public:
  using Use = std::function<void(const model::SegmentResult&)>;

  void add(ModelRequest request, Use use) { uses_[std::move(request)].push_back(std::move(use)); }
  /// Runs what was added and hands out the results.
  /// @param candidates    of the requests that want some
  /// @param batch_tokens  of one pass
  /// @returns tokens that were run
  std::uint64_t run(model::CausalLanguageModel& model, std::span<const std::int32_t> candidates,
                    std::uint32_t batch_tokens);

 private:
  std::map<ModelRequest, std::vector<Use>> uses_;
};

}  // namespace winnow::scoring
