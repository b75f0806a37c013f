#include "model/packed_batch.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::model {
namespace {

void check_segment(const Segment& segment, const ModelInfo& model) {
  core::check(segment.first_scored >= 1 && segment.end_scored <= segment.ids.size(), "a segment's scored span");
  if (segment.ids.size() > model.max_positions)
    throw core::ModelError(fmt::format("a sequence of {} tokens, {} takes at most {}", segment.ids.size(), model.architecture,
                                       model.max_positions));
  for (const std::int32_t id : segment.ids)
    if (id < 0 || static_cast<std::uint32_t>(id) >= model.vocabulary_size)
      throw core::ModelError(fmt::format("token id {} is outside the model's vocabulary of {}", id, model.vocabulary_size));
}

void fill_up(std::vector<std::int64_t>& rows, std::int64_t fewest) {
  if (!rows.empty()) rows.resize(std::max(rows.size(), static_cast<std::size_t>(fewest)), 0);
}

}  // namespace

PackedBatch pack(std::span<const Segment> batch, const ModelInfo& model, std::int64_t fewest_rows) {
  PackedBatch packed;
  for (std::size_t owner = 0; owner < batch.size(); ++owner) {
    const Segment& segment = batch[owner];
    check_segment(segment, model);
    if (segment.first_scored >= segment.end_scored) continue;
    const auto begin = static_cast<std::int64_t>(packed.ids.size());
    const std::int64_t length = segment.end_scored - 1;
    packed.segments.push_back({begin, length});
    packed.longest = std::max(packed.longest, length);
    for (std::int64_t position = 0; position < length; ++position) {
      packed.ids.push_back(segment.ids[static_cast<std::size_t>(position)]);
      packed.positions.push_back(position);
    }
    for (std::uint32_t scored = segment.first_scored; scored < segment.end_scored; ++scored) {
      packed.scored_rows.push_back(begin + scored - 1);
      packed.targets.push_back(segment.ids[scored]);
      packed.owners.push_back(owner);
    }
  }
  for (auto* rows : {&packed.ids, &packed.positions, &packed.scored_rows, &packed.targets}) fill_up(*rows, fewest_rows);
  return packed;
}

}  // namespace winnow::model
