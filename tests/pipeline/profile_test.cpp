#include "pipeline/profile.hpp"

#include <gtest/gtest.h>

namespace winnow::pipeline {
namespace {

constexpr WorkSeconds kWork{
    .all = 20, .waiting_for_rows = 1, .running = 16, .waiting_for_journal = 2};

TEST(Profile, PartsAddUpToTheWholeTime) {
  const model::PassTimes passes{
      .products = 8, .widening = 1, .attention = 2, .losses = 1.5, .all = 14};
  EXPECT_EQ(profile_seconds(kWork, passes, true), nlohmann::ordered_json::parse(R"({
              "products": 8.0, "widening": 1.0, "attention": 2.0, "losses": 1.5, "other_in_passes": 1.5,
              "between_passes": 2.0, "waiting_for_rows": 1.0, "waiting_for_journal": 2.0, "claims_and_waiting": 1.0})"));
}

TEST(Profile, HasNoNumberForWhatWasNotMeasured) {
  EXPECT_EQ(profile_seconds(kWork, {.all = 14}, false), nlohmann::ordered_json::parse(R"({
              "passes": 14.0,
              "between_passes": 2.0, "waiting_for_rows": 1.0, "waiting_for_journal": 2.0, "claims_and_waiting": 1.0})"));
}

}  // namespace
}  // namespace winnow::pipeline
