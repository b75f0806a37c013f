#include "model/packed_batch.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::model {
namespace {

void check_segment(const Segment& segment, const ModelInfo& model) {
  core::check(segment.first_scored >= 1 && segment.end_scored <= segment.ids.size(),
              "a segment's scored span");
  if (segment.ids.size() > model.max_positions)
    throw core::ModelError(fmt::format("a sequence of {} tokens, {} takes at most {}",
                                       segment.ids.size(), model.architecture,
                                       model.max_positions));
  for (const std::int32_t id : segment.ids)
    if (id < 0 || static_cast<std::uint32_t>(id) >= model.vocabulary_size)
      throw core::ModelError(fmt::format("token id {} is outside the model's vocabulary of {}", id,
                                         model.vocabulary_size));
}

void fill_up(std::vector<std::int64_t>& rows, std::int64_t fewest) {
  if (!rows.empty()) rows.resize(std::max(rows.size(), static_cast<std::size_t>(fewest)), 0);
}

std::span<const std::int32_t> tokens_to_run(const Segment& segment) {
  return segment.first_scored < segment.end_scored ? segment.ids.first(segment.end_scored - 1)
                                                   : segment.ids.first(0);
}

/// Length of the beginning that all segments with scored positions have in common, leaving each at
/// least one token; 0 if too short.
std::int64_t common_beginning(std::span<const Segment> batch) {
  std::optional<std::span<const std::int32_t>> common;
  std::size_t segments = 0;
  for (const Segment& segment : batch) {
    const auto tokens = tokens_to_run(segment);
    if (tokens.empty()) continue;
    ++segments;
    if (!common) common = tokens;
    const auto [difference, ignored] =
        std::ranges::mismatch(*common, tokens.first(tokens.size() - 1));
    common = common->first(static_cast<std::size_t>(difference - common->begin()));
  }
  const auto length = static_cast<std::int64_t>(common ? common->size() : 0);
  return segments < 2 || length < kShortestShared ? 0 : length;
}

/// Appends the rows of tokens[from...] at their positions.
void append(PackedBatch& packed, std::span<const std::int32_t> tokens, std::int64_t from) {
  for (auto position = from; position < static_cast<std::int64_t>(tokens.size()); ++position) {
    packed.ids.push_back(tokens[static_cast<std::size_t>(position)]);
    packed.positions.push_back(position);
  }
}

}  // namespace

PackedBatch pack(std::span<const Segment> batch, const ModelInfo& model, std::int64_t fewest_rows,
                 Sharing sharing) {
  PackedBatch packed;
  for (const Segment& segment : batch) check_segment(segment, model);
  packed.shared = sharing == Sharing::none ? 0 : common_beginning(batch);
  for (std::size_t owner = 0; owner < batch.size(); ++owner) {
    const Segment& segment = batch[owner];
    const auto tokens = tokens_to_run(segment);
    if (tokens.empty()) continue;
    if (packed.ids.empty())
      append(packed, tokens.first(static_cast<std::size_t>(packed.shared)), 0);
    const auto begin = static_cast<std::int64_t>(packed.ids.size());
    append(packed, tokens, packed.shared);
    packed.segments.push_back({begin, static_cast<std::int64_t>(packed.ids.size()) - begin,
                               static_cast<std::int64_t>(segment.ids.size())});
    packed.positions_used =
        std::max(packed.positions_used, static_cast<std::int64_t>(tokens.size()));
    for (std::int64_t scored = segment.first_scored; scored < segment.end_scored; ++scored) {
      const std::int64_t predictor = scored - 1;
      packed.scored_rows.push_back(predictor < packed.shared ? predictor
                                                             : begin + predictor - packed.shared);
      packed.targets.push_back(segment.ids[static_cast<std::size_t>(scored)]);
      packed.owners.push_back(owner);
    }
  }
  for (auto* rows : {&packed.ids, &packed.positions, &packed.scored_rows, &packed.targets})
    fill_up(*rows, fewest_rows);
  return packed;
}

}  // namespace winnow::model
