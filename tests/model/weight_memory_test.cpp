#include "model/weight_memory.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace winnow::model {
namespace {

TEST(WeightMemory, IsAskedForOncePerProcess) {
  const WeightMemory needed = {.shared = 100, .own = 10};
  EXPECT_NO_THROW(expect_memory(needed, 4, 140, "folder"));
  EXPECT_NO_THROW(expect_memory(needed, 4, std::nullopt, "folder"));
  EXPECT_THROW(expect_memory(needed, 4, 139, "folder"), core::EnvironmentError);
}

}  // namespace
}  // namespace winnow::model
