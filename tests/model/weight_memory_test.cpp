#include "model/weight_memory.hpp"

#include "model_folder.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::model {
namespace {

/// The tiny folder's files and configuration.
struct Tiny {
  Tiny() {
    test::write(folder.path() / "config.json", test::tiny_config().dump());
    test::write(folder.path() / "model.safetensors", test::safetensors_of(test::tiny_tensors()));
  }
  [[nodiscard]] WeightMemory memory(Precision precision, bool reads_in_place) const {
    return weight_memory(WeightFiles(folder.path()), read_decoder_config(folder.path()), precision,
                         reads_in_place);
  }
  const test::TemporaryFolder folder;
};
constexpr std::uint64_t kElements = 11 * 8 + 8 + 8 * 8 + 2 * 4 * 8 + 8 * 8 + 8 + 3 * 12 * 8 + 8;

TEST(WeightMemory, IsSharedWhereTheFilesHaveThePrecision) {
  const Tiny tiny;
  EXPECT_EQ(tiny.memory(Precision::fp32, true).shared, 4 * kElements);
  EXPECT_EQ(tiny.memory(Precision::fp32, true).own, 0U);
  EXPECT_EQ(tiny.memory(Precision::fp32, false).own, 4 * kElements);
  EXPECT_EQ(tiny.memory(Precision::bf16, true).shared, 0U);
  EXPECT_EQ(tiny.memory(Precision::bf16, true).own, 2 * kElements + 4 * 8 * 24)
      << "the largest product is widened";
}

TEST(WeightMemory, IsAskedForOncePerProcess) {
  const WeightMemory needed = {.shared = 100, .own = 10};
  EXPECT_NO_THROW(expect_memory(needed, 4, 140, "folder"));
  EXPECT_NO_THROW(expect_memory(needed, 4, std::nullopt, "folder"));
  EXPECT_THROW(expect_memory(needed, 4, 139, "folder"), core::EnvironmentError);
}

}  // namespace
}  // namespace winnow::model
