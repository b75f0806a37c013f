#include "selection/tag_cover.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "selection/tagged_rows.hpp"

namespace winnow::selection {
namespace {

struct Picks {
  std::vector<core::RowId> row;
  std::optional<std::size_t> filled_from;
  bool operator==(const Picks&) const = default;
};

/// The published loop, row by row.
Picks loop(const RandomTags& rows, TagRounds rounds, std::uint64_t amount) {
  std::vector<std::size_t> pool(rows.row.size());
  for (std::size_t i = 0; i < pool.size(); ++i) pool[i] = i;
  std::ranges::stable_sort(pool, {}, [&](std::size_t i) { return rows.key[i]; });
  Picks picks;
  bool found = true;
  for (bool first = true;
       found && picks.row.size() < amount && (first || rounds == TagRounds::restart);
       first = false) {
    found = false;
    std::set<std::uint32_t> tags;
    for (auto i = pool.begin(); i != pool.end() && picks.row.size() < amount;) {
      const std::size_t before = tags.size();
      tags.insert(rows.tag.begin() + static_cast<std::ptrdiff_t>(rows.offset[*i]),
                  rows.tag.begin() + static_cast<std::ptrdiff_t>(rows.offset[*i + 1]));
      if (tags.size() == before) {
        ++i;
        continue;
      }
      found = true;
      picks.row.push_back(rows.row[*i]);
      i = pool.erase(i);
    }
  }
  if (picks.row.size() < amount && !pool.empty()) picks.filled_from = picks.row.size();
  for (const std::size_t i : pool)
    if (picks.row.size() < amount) picks.row.push_back(rows.row[i]);
  return picks;
}

TEST(TagCover, PicksWhatTheLoopPicks) {
  for (const std::size_t count : {0U, 1U, 30U, 700U})
    for (const std::uint32_t tags : {1U, 4U, 300U}) {
      const RandomTags rows(count, tags);
      for (const TagRounds rounds : {TagRounds::restart, TagRounds::one})
        for (const std::uint64_t amount : {0U, 1U, 5U, 100U, 699U, 5'000U}) {
          const Selection selection = tag_cover(rows.view(), rounds, amount);
          ASSERT_EQ((Picks{selection.row, selection.filled_from}), loop(rows, rounds, amount))
              << count << " rows, " << tags << " tags, amount " << amount;
          ASSERT_EQ(selection.spent, selection.row.size());
        }
    }
}

TEST(TagCover, EndsAtTheFirstPickThatCostsTooMuch) {
  const std::vector<core::RowId> row{0, 1, 2};
  const std::vector<std::uint64_t> key{0, 1, 2}, offset{0, 1, 2, 3};
  const std::vector<std::uint32_t> cost{5, 9, 1}, tag{0, 1, 2};
  const Selection selection = tag_cover({row, key, cost, offset, tag}, TagRounds::restart, 10);
  EXPECT_EQ(selection.row, (std::vector<core::RowId>{0}));
  EXPECT_EQ(selection.spent, 5U);
  EXPECT_EQ(selection.filled_from, std::nullopt);
}

TEST(TagCover, ManyRowsOfOneTagAreQuick) {
  const std::size_t count = 200'000;
  std::vector<core::RowId> row(count);
  std::vector<std::uint64_t> key(count, 7), offset(count + 1);
  const std::vector<std::uint32_t> tag(count, 0);
  for (std::size_t i = 0; i < count; ++i) row[i] = offset[i] = i;
  offset[count] = count;
  EXPECT_EQ(tag_cover({row, key, {}, offset, tag}, TagRounds::restart, count).row, row);
}

}  // namespace
}  // namespace winnow::selection
