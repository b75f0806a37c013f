#include "selection/ground_cover.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/checked_cast.hpp"
#include "core/vector_clones.hpp"

namespace winnow::selection {
namespace {

constexpr std::size_t kColumns = core::kTileColumns;
/// Candidates whose similarities to a panel are held at a time.
constexpr std::size_t kRows = 64;
/// No similarity is above it: the cover of what only fills up the last panel.
constexpr std::int32_t kFullCover = std::int32_t{1} << 30;

/// A row of a tile. At most 2^5 similarities of at most a little over 2^24: 32 bits hold them.
[[gnu::always_inline]] inline std::int32_t gain_of(const std::int32_t* units,
                                                   const std::int32_t* cover) {
  std::int32_t gain = 0;
#pragma omp simd reduction(+ : gain)
  for (std::size_t j = 0; j < kColumns; ++j) gain += std::max(units[j] - cover[j], 0);
  return gain;
}

WINNOW_VECTOR_CLONES std::int32_t row_gain(const std::int32_t* units, const std::int32_t* cover) {
  return gain_of(units, cover);
}

/// What the rows of a tile and its columns add to each other. columns [kColumns]
WINNOW_VECTOR_CLONES void tile_gains(const std::int32_t* units, std::size_t row_count,
                                     const std::int32_t* row_cover,
                                     const std::int32_t* column_cover, std::int32_t* rows,
                                     std::int32_t* columns) {
  for (std::size_t r = 0; r < row_count; ++r) {
    const std::int32_t* const row = units + r * kColumns;
    rows[r] = gain_of(row, column_cover);
    const std::int32_t cover = row_cover[r];
#pragma omp simd
    for (std::size_t j = 0; j < kColumns; ++j) columns[j] += std::max(row[j] - cover, 0);
  }
}

/// A candidate by its similarities to all rows; `count` is a multiple of kColumns.
WINNOW_VECTOR_CLONES Reach row_reach(const std::int32_t* units, const std::int32_t* cover,
                                     std::size_t count) {
  Reach reach;
  for (std::size_t first = 0; first < count; first += kColumns) {
    reach.gain += static_cast<std::uint32_t>(gain_of(units + first, cover + first));
    std::uint32_t rows = 0;
#pragma omp simd reduction(+ : rows)
    for (std::size_t j = first; j < first + kColumns; ++j) rows += units[j] > cover[j] ? 1U : 0U;
    reach.rows += rows;
  }
  return reach;
}

/// Of the tiles (a, b) and (b, a) exactly one is computed, and each row of tiles has its half.
bool is_computed(std::uint64_t a, std::uint64_t b) { return (a < b) == ((a + b) % 2 == 0); }

}  // namespace

GroundCover::GroundCover(const FacilityRule& rule, const Vectors& vectors,
                         std::vector<std::uint32_t> candidate, std::size_t candidates,
                         std::uint64_t first_tile)
    : similarity_(rule.similarity),
      dimension_(vectors.dimension),
      keeps_similarities_(candidates *
                              (candidates * sizeof(std::int32_t) + dimension_ * sizeof(Reached)) <=
                          rule.list_bytes),
      longest_list_(keeps_similarities_
                        ? dimension_
                        : std::max(dimension_, rule.list_bytes / sizeof(Reached) / candidates)),
      first_tile_(first_tile),
      candidate_(std::move(candidate)),
      prepared_(prepare(rule.similarity, vectors)),
      panels_(panels_of({prepared_, dimension_})),
      cover_(core::filled_up_to_tiles(candidate_.size()), 0),
      lists_(candidates),
      is_listed_(candidates, 0) {
  std::fill(cover_.begin() + static_cast<std::ptrdiff_t>(candidate_.size()), cover_.end(),
            kFullCover);
}

CandidateTiles GroundCover::rows() const {
  return {first_tile_, candidate_, {prepared_, dimension_}, cover_};
}

std::span<const float> GroundCover::panel(std::size_t index) const {
  return std::span(panels_).subspan(index * kColumns * dimension_, kColumns * dimension_);
}

void GroundCover::keep_similarities(const CandidateTiles& given) {
  if (!keeps_similarities_) return;
  similarities_.resize(lists_.size() * cover_.size());
  std::array<std::int32_t, kColumns * kColumns> units;
  for (std::size_t own = 0; own < cover_.size(); own += kColumns)
    for (std::size_t begin = 0; begin < given.candidate.size(); begin += kColumns) {
      // Of two tiles of the rows one side is computed for both.
      const std::uint64_t given_tile = given.first_tile + begin / kColumns - first_tile_;
      const bool is_own = given_tile < cover_.size() / kColumns;
      if (is_own && given_tile * kColumns < own) continue;
      const std::size_t count = std::min(kColumns, given.candidate.size() - begin);
      similarities(similarity_,
                   given.prepared.values.subspan(begin * dimension_, count * dimension_),
                   panel(own / kColumns), dimension_, std::span(units).first(count * kColumns));
      for (std::size_t r = 0; r < count; ++r)
        std::copy_n(units.data() + r * kColumns, kColumns,
                    similarities_.data() + given.candidate[begin + r] * cover_.size() + own);
      if (!is_own) continue;
      for (std::size_t j = 0; j < kColumns && own + j < candidate_.size(); ++j)
        for (std::size_t r = 0; r < count; ++r)
          similarities_[candidate_[own + j] * cover_.size() + given_tile * kColumns + r] =
              units[r * kColumns + j];
    }
}

void GroundCover::add_all_gains(const CandidateTiles& given, std::span<std::uint64_t> gains) const {
  if (keeps_similarities_) {
    for (const std::uint32_t candidate : given.candidate)
      gains[candidate] +=
          row_reach(similarities_of(candidate).data(), cover_.data(), cover_.size()).gain;
    return;
  }
  std::array<std::int32_t, kColumns * kColumns> units;
  std::array<std::int32_t, kColumns> rows;
  for (std::size_t own = 0; own * kColumns < candidate_.size(); ++own)
    for (std::size_t begin = 0; begin < given.candidate.size(); begin += kColumns) {
      const std::uint64_t given_tile = given.first_tile + begin / kColumns;
      const bool is_same = given_tile == first_tile_ + own;
      if (!is_same && !is_computed(given_tile, first_tile_ + own)) continue;
      const std::size_t count = std::min(kColumns, given.candidate.size() - begin);
      similarities(similarity_,
                   given.prepared.values.subspan(begin * dimension_, count * dimension_),
                   panel(own), dimension_, std::span(units).first(count * kColumns));
      std::array<std::int32_t, kColumns> columns{};
      tile_gains(units.data(), count, given.cover.data() + begin, cover_.data() + own * kColumns,
                 rows.data(), columns.data());
      for (std::size_t r = 0; r < count; ++r)
        gains[given.candidate[begin + r]] += static_cast<std::uint32_t>(rows[r]);
      if (is_same) continue;
      for (std::size_t j = 0; j < kColumns && own * kColumns + j < candidate_.size(); ++j)
        gains[candidate_[own * kColumns + j]] += static_cast<std::uint32_t>(columns[j]);
    }
}

void GroundCover::mark() { marked_cover_ = cover_; }

std::size_t GroundCover::find_changes() {
  std::vector<float> vectors;
  changed_from_.clear();
  changed_to_.clear();
  for (std::size_t row = 0; row < candidate_.size(); ++row) {
    if (cover_[row] == marked_cover_[row]) continue;
    const std::span<const float> vector = rows().prepared[row];
    vectors.insert(vectors.end(), vector.begin(), vector.end());
    changed_from_.push_back(marked_cover_[row]);
    changed_to_.push_back(cover_[row]);
  }
  const std::size_t count = changed_to_.size();
  changed_panels_ = panels_of({vectors, dimension_});
  changed_from_.resize(core::filled_up_to_tiles(count), kFullCover);
  changed_to_.resize(changed_from_.size(), kFullCover);
  return count;
}

void GroundCover::add_losses(const CandidateTiles& given, std::span<std::uint64_t> losses) const {
  std::array<std::int32_t, kRows * kColumns> units;
  for (std::size_t begin = 0; begin < given.candidate.size(); begin += kRows) {
    const std::size_t count = std::min(kRows, given.candidate.size() - begin);
    const auto vectors = given.prepared.values.subspan(begin * dimension_, count * dimension_);
    for (std::size_t first = 0; first < changed_to_.size(); first += kColumns) {
      similarities(similarity_, vectors,
                   std::span(changed_panels_).subspan(first * dimension_, kColumns * dimension_),
                   dimension_, std::span(units).first(count * kColumns));
      for (std::size_t r = 0; r < count; ++r) {
        const std::int32_t* const row = units.data() + r * kColumns;
        losses[given.candidate[begin + r]] +=
            static_cast<std::uint32_t>(row_gain(row, changed_from_.data() + first) -
                                       row_gain(row, changed_to_.data() + first));
      }
    }
  }
}

Reach GroundCover::reach_of_list(List& list) const {
  std::erase_if(list, [&](const Reached& each) { return each.similarity <= cover_[each.row]; });
  Reach reach{0, list.size()};
  for (const Reached& each : list)
    reach.gain += static_cast<std::uint32_t>(each.similarity - cover_[each.row]);
  return reach;
}

Reach GroundCover::reach_of_similarities(std::span<const std::int32_t> units, List& list) const {
  const Reach reach = row_reach(units.data(), cover_.data(), cover_.size());
  if (reach.rows > longest_list_) return reach;
  list.reserve(reach.rows);
  for (std::uint32_t row = 0; row < cover_.size(); ++row)
    if (units[row] > cover_[row]) list.push_back({row, units[row]});
  return reach;
}

std::vector<Reach> GroundCover::reach(std::span<const std::uint32_t> candidates,
                                      const Vectors& prepared) {
  std::vector<Reach> reaches(candidates.size());
  std::vector<std::size_t> dense;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (is_listed(candidates[i])) {
      reaches[i] = reach_of_list(lists_[candidates[i]]);
    } else {
      dense.push_back(i);
    }
  }
  fresh_lists_.assign(dense.size(), {});
  if (keeps_similarities_) {
    for (std::size_t i = 0; i < dense.size(); ++i)
      reaches[dense[i]] =
          reach_of_similarities(similarities_of(candidates[dense[i]]), fresh_lists_[i]);
    return reaches;
  }
  for (std::size_t begin = 0; begin < dense.size(); begin += kRows) {
    const std::size_t count = std::min(kRows, dense.size() - begin);
    const std::vector<Reach> found =
        reach_of_vectors(prepared.values.subspan(begin * dimension_, count * dimension_),
                         std::span(fresh_lists_).subspan(begin, count));
    for (std::size_t r = 0; r < count; ++r) reaches[dense[begin + r]] = found[r];
  }
  return reaches;
}

/// A list that gets too long is cut off just there: its candidate gets none.
std::vector<Reach> GroundCover::reach_of_vectors(std::span<const float> prepared,
                                                 std::span<List> lists) const {
  std::vector<Reach> reach(lists.size());
  std::vector<std::int32_t> units(lists.size() * kColumns);
  const std::size_t room = std::min(longest_list_, cover_.size()) + kColumns;
  std::vector<Reached> reached(lists.size() * room);
  for (std::size_t first = 0; first < cover_.size(); first += kColumns) {
    similarities(similarity_, prepared, panel(first / kColumns), dimension_, units);
    for (std::size_t r = 0; r < lists.size(); ++r) {
      const std::int32_t* const row = units.data() + r * kColumns;
      const std::int32_t gain = row_gain(row, cover_.data() + first);
      if (gain == 0) continue;
      reach[r].gain += static_cast<std::uint32_t>(gain);
      if (reach[r].rows > longest_list_) continue;
      Reached* const list = reached.data() + r * room;
      for (std::size_t j = 0; j < kColumns; ++j) {
        list[reach[r].rows] = {static_cast<std::uint32_t>(first + j), row[j]};
        reach[r].rows += row[j] > cover_[first + j] ? 1U : 0U;
      }
    }
  }
  for (std::size_t r = 0; r < lists.size(); ++r)
    if (reach[r].rows <= longest_list_)
      lists[r].assign(reached.begin() + static_cast<std::ptrdiff_t>(r * room),
                      reached.begin() + static_cast<std::ptrdiff_t>(r * room + reach[r].rows));
  return reach;
}

void GroundCover::keep_lists(std::span<const std::uint32_t> candidates,
                             std::span<const Reach> total) {
  std::size_t dense = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (is_listed(candidates[i])) continue;
    List& list = fresh_lists_[dense++];
    if (total[i].rows > longest_list_) continue;
    lists_[candidates[i]] = std::move(list);
    is_listed_[candidates[i]] = 1;
  }
}

void GroundCover::cover(std::uint32_t candidate, std::span<const float> prepared) {
  if (is_listed(candidate)) {
    for (const Reached& each : lists_[candidate])
      cover_[each.row] = std::max(cover_[each.row], each.similarity);
    lists_[candidate] = {};
    return;
  }
  if (keeps_similarities_) {
    const std::span<const std::int32_t> units = similarities_of(candidate);
    for (std::size_t row = 0; row < cover_.size(); ++row)
      cover_[row] = std::max(cover_[row], units[row]);
    return;
  }
  std::array<std::int32_t, kColumns> units;
  for (std::size_t p = 0; p * kColumns < candidate_.size(); ++p) {
    similarities(similarity_, prepared, panel(p), dimension_, units);
    for (std::size_t j = 0; j < kColumns; ++j)
      cover_[p * kColumns + j] = std::max(cover_[p * kColumns + j], units[j]);
  }
}

}  // namespace winnow::selection
