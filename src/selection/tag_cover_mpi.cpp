#include "selection/tag_cover_mpi.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "selection/counted_mpi.hpp"
#include "selection/tag_sets.hpp"
#include "selection/take_mpi.hpp"

namespace winnow::selection {
namespace {

/// Rows with a new tag that a rank shows at a time.
constexpr std::size_t kShown = 1024;

/// A row that had a new tag when it was shown.
struct ShownRow {
  Position position;
  std::uint64_t cost = 1;
  std::uint64_t tags = 0;  ///< how many
};

/// Rows of all ranks in order, up to where every rank has looked.
struct Shown {
  std::vector<ShownRow> rows;
  std::vector<std::uint64_t> offset;  ///< of each row's tags
  std::vector<std::uint32_t> tags;
  Position end;  ///< rows before it are through
};

class SharedTagCover {
 public:
  SharedTagCover(const mpi::Communicator& communicator, const TaggedRows& rows,
                 std::uint64_t amount)
      : collectives_(communicator), rows_(rows), amount_(amount), sets_(rows) {}

  Selection run(TagRounds rounds) && {
    bool goes_on = true;
    while (goes_on) goes_on = pick_round() && rounds == TagRounds::restart;
    if (!is_full_) fill();
    return std::move(selection_);
  }

 private:
  /// False when no row had a new tag. Equal on all ranks.
  bool pick_round() {
    covered_.begin_round();
    const std::size_t before = selection_.row.size();
    const std::vector<TagSet*> order = sets_.left();
    std::size_t looked_at = 0;  // Of `order`: what comes before is through.
    for (Position end; end != kNowhere && !is_full_;) {
      const Shown shown = show(order, looked_at);
      end = shown.end;
      for (std::size_t i = 0; i < shown.rows.size() && !is_full_; ++i) consider(shown, i);
      for (; looked_at < order.size(); ++looked_at) {
        TagSet& set = *order[looked_at];
        const Position position = sets_.position(set.rows[set.next]);
        if (!(position < end)) break;
        if (std::ranges::binary_search(picked_now_, position)) ++set.next;
      }
      picked_now_.clear();
    }
    return selection_.row.size() > before;
  }

  /// Collective. The next rows that have a new tag.
  Shown show(const std::vector<TagSet*>& order, std::size_t from) {
    std::vector<ShownRow> own;
    std::vector<std::uint32_t> own_tags;
    std::size_t at = from;
    for (; at < order.size() && own.size() < kShown; ++at) {
      const TagSet& set = *order[at];
      if (!covered_.has_new(set.tags)) continue;
      const std::size_t row = set.rows[set.next];
      own.push_back({sets_.position(row), sets_.cost(row), set.tags.size()});
      own_tags.insert(own_tags.end(), set.tags.begin(), set.tags.end());
    }
    const Position reached =
        at < order.size() ? sets_.position(order[at]->rows[order[at]->next]) : kNowhere;
    const auto ends = collectives_.all_gather(std::span<const Position>(&reached, 1));
    const auto rows = collectives_.all_gather(std::span<const ShownRow>(own));
    Shown shown;
    shown.tags = collectives_.all_gather(std::span<const std::uint32_t>(own_tags));
    shown.end = *std::ranges::min_element(ends);
    std::vector<std::uint64_t> offset(rows.size());
    for (std::size_t i = 1; i < rows.size(); ++i) offset[i] = offset[i - 1] + rows[i - 1].tags;
    std::vector<std::size_t> places(rows.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    std::erase_if(places, [&](std::size_t i) { return !(rows[i].position < shown.end); });
    std::ranges::sort(places, {}, [&](std::size_t i) { return rows[i].position; });
    for (const std::size_t i : places) {
      shown.rows.push_back(rows[i]);
      shown.offset.push_back(offset[i]);
    }
    return shown;
  }

  void consider(const Shown& shown, std::size_t i) {
    const ShownRow& row = shown.rows[i];
    const auto tags = std::span(shown.tags).subspan(shown.offset[i], row.tags);
    if (!covered_.has_new(tags)) return;
    is_full_ = row.cost > amount_ - selection_.spent;
    if (is_full_) return;
    selection_.row.push_back(row.position.row);
    selection_.spent += row.cost;
    covered_.cover(tags);
    picked_now_.push_back(row.position);
  }

  /// The rest in order, as far as the amount goes.
  void fill() {
    std::vector<core::RowId> row;
    std::vector<std::uint64_t> key;
    std::vector<std::uint32_t> cost;
    for (const std::size_t i : sets_.rest()) {
      row.push_back(rows_.row[i]);
      key.push_back(rows_.key[i]);
      if (!rows_.cost.empty()) cost.push_back(rows_.cost[i]);
    }
    const std::size_t before = selection_.row.size();
    const TakenEverywhere taken =
        take_mpi(collectives_, {row, key, cost}, amount_ - selection_.spent);
    for (const Position& position : taken.position) selection_.row.push_back(position.row);
    selection_.spent += taken.spent;
    if (selection_.row.size() > before) selection_.filled_from = before;
  }

  CountedCollectives collectives_;
  const TaggedRows& rows_;
  std::uint64_t amount_;
  TagSets sets_;
  CoveredTags covered_;
  Selection selection_;
  std::vector<Position> picked_now_;  ///< ascending, of the rows shown last
  bool is_full_ = false;
};

}  // namespace

Selection tag_cover_mpi(const mpi::Communicator& communicator, const TaggedRows& rows,
                        TagRounds rounds, std::uint64_t amount) {
  return SharedTagCover(communicator, rows, amount).run(rounds);
}

}  // namespace winnow::selection
