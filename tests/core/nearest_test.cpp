#include "core/nearest.hpp"

#include <gtest/gtest.h>

namespace winnow::core {
namespace {

TEST(EditDistance, CountsInsertionsDeletionsAndChanges) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("saturday", "sunday"), 3U);
  EXPECT_EQ(edit_distance("ab", "ba"), 2U);
}

TEST(Nearest, IsTheOneOfFewestEditsAndTheFirstOfEquals) {
  EXPECT_EQ(nearest("selct", {"data", "select", "selections"}), "select");
  EXPECT_EQ(nearest("x", {"a", "b"}), "a");
  EXPECT_EQ(nearest("", {"long", "of"}), "of");
}

}  // namespace
}  // namespace winnow::core
