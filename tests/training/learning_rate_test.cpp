#include "training/learning_rate.hpp"

#include <gtest/gtest.h>

namespace winnow::training {
namespace {

TEST(LearningRate, WarmUpBeginsAtZeroAndEndsAtThePeak) {
  for (const Schedule schedule : {Schedule::constant, Schedule::linear, Schedule::cosine}) {
    const LearningRate rate{schedule, 2e-5, 4, 100};
    EXPECT_EQ(rate.at(0), 0);
    EXPECT_DOUBLE_EQ(rate.at(1), 0.5e-5);
    EXPECT_DOUBLE_EQ(rate.at(4), 2e-5);
  }
}

TEST(LearningRate, FallsToZeroUnlessConstant) {
  EXPECT_EQ((LearningRate{Schedule::constant, 1, 0, 10}.at(9)), 1);
  EXPECT_DOUBLE_EQ((LearningRate{Schedule::linear, 1, 0, 10}.at(5)), 0.5);
  EXPECT_NEAR((LearningRate{Schedule::cosine, 1, 0, 10}.at(5)), 0.5, 1e-15);
  EXPECT_EQ((LearningRate{Schedule::linear, 1, 0, 10}.at(12)), 0);
}

// 243 steps at 0.03, as IterIT's recipe has it: 8 steps.
TEST(LearningRate, ShareOfWarmUpIsRoundedUp) {
  EXPECT_EQ(warmup_steps(243, 0.03), 8U);
  EXPECT_EQ(warmup_steps(100, 0), 0U);
}

TEST(LearningRate, NoStepsLeftBehindTheWarmUp) {
  EXPECT_EQ((LearningRate{Schedule::cosine, 1, 10, 10}.at(10)), 1);
}

}  // namespace
}  // namespace winnow::training
