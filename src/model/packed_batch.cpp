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
  core::check(segment.pooled <= segment.ids.size(), "a segment's pooled tokens");
  core::check(segment.candidates.empty() || !segment.ids.empty(),
              "a token to predict after has predecessors");
  expect_length(segment.ids.size(), model);
  expect_known_ids(segment.ids, model);
  expect_known_ids(segment.candidates, model);
}

void fill_up(std::vector<std::int64_t>& rows, std::int64_t fewest) {
  if (!rows.empty()) rows.resize(std::max(rows.size(), static_cast<std::size_t>(fewest)), 0);
}

std::span<const std::int32_t> tokens_to_run(const Segment& segment) {
  if (!segment.candidates.empty()) return segment.ids;
  const std::size_t for_losses =
      segment.first_scored < segment.end_scored ? segment.end_scored - 1 : 0;
  return segment.ids.first(std::max<std::size_t>(for_losses, segment.pooled));
}

/// Length of the beginning that all segments with tokens to run have in common, leaving each at
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

/// The wanted rows of a batch, those of the common beginning shared by its segments.
class WantedRows {
 public:
  explicit WantedRows(PackedBatch& packed)
      : packed_(packed), shared_(static_cast<std::size_t>(packed.shared), kUnwanted) {}

  void begin_segment(SegmentRows rows) {
    rows_ = rows;
    own_.assign(static_cast<std::size_t>(rows.length), kUnwanted);
  }
  /// The index into scored_rows of a position of the current segment.
  std::int64_t index_of(std::int64_t position) {
    const bool is_shared = position < packed_.shared;
    std::int64_t& index = is_shared ? shared_[static_cast<std::size_t>(position)]
                                    : own_[static_cast<std::size_t>(position - packed_.shared)];
    if (index == kUnwanted) {
      index = static_cast<std::int64_t>(packed_.scored_rows.size());
      packed_.scored_rows.push_back(is_shared ? position : rows_.begin + position - packed_.shared);
    }
    return index;
  }

 private:
  static constexpr std::int64_t kUnwanted = -1;
  PackedBatch& packed_;
  SegmentRows rows_;
  std::vector<std::int64_t> shared_;
  std::vector<std::int64_t> own_;
};

void add_losses(PackedBatch& packed, WantedRows& wanted, const Segment& segment,
                std::size_t owner) {
  for (std::int64_t scored = segment.first_scored; scored < segment.end_scored; ++scored) {
    packed.predictors.push_back(wanted.index_of(scored - 1));
    packed.targets.push_back(segment.ids[static_cast<std::size_t>(scored)]);
    packed.owners.push_back(owner);
  }
}

void add_pooled(PackedBatch& packed, WantedRows& wanted, const Segment& segment,
                std::size_t owner) {
  if (segment.pooled == 0) return;
  PooledRows pooled{owner, {}};
  const std::uint32_t first = segment.pooling == Pooling::mean ? 0 : segment.pooled - 1;
  for (std::int64_t position = first; position < segment.pooled; ++position)
    pooled.rows.push_back(wanted.index_of(position));
  packed.pooled.push_back(std::move(pooled));
}

}  // namespace

void expect_length(std::size_t tokens, const ModelInfo& model) {
  if (tokens > model.max_positions)
    throw core::ModelError(fmt::format("{}: a text of {} tokens, expected at most {}", model.folder,
                                       tokens, model.max_positions));
}

void expect_known_ids(std::span<const std::int32_t> ids, const ModelInfo& model) {
  for (const std::int32_t id : ids)
    if (id < 0 || static_cast<std::uint32_t>(id) >= model.vocabulary_size)
      throw core::ModelError(fmt::format("{}: token id {}, expected one of the vocabulary of {}",
                                         model.folder, id, model.vocabulary_size));
}

PackedBatch pack(std::span<const Segment> batch, const ModelInfo& model, std::int64_t fewest_rows,
                 Sharing sharing) {
  PackedBatch packed;
  for (const Segment& segment : batch) check_segment(segment, model);
  packed.shared = sharing == Sharing::none ? 0 : common_beginning(batch);
  WantedRows wanted(packed);
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
    wanted.begin_segment(packed.segments.back());
    add_losses(packed, wanted, segment, owner);
    add_pooled(packed, wanted, segment, owner);
    if (!segment.candidates.empty())
      packed.last.push_back({owner, wanted.index_of(static_cast<std::int64_t>(tokens.size()) - 1)});
  }
  for (auto* rows :
       {&packed.ids, &packed.positions, &packed.scored_rows, &packed.predictors, &packed.targets})
    fill_up(*rows, fewest_rows);
  return packed;
}

}  // namespace winnow::model
