#include "model/weight_files.hpp"

#include "model_folder.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::model {
namespace {

using test::model_error;
using test::safetensors_of;
using test::write;

constexpr const char* kIndex = "model.safetensors.index.json";

std::string index_of(const nlohmann::json& weight_map) {
  return nlohmann::json{{"weight_map", weight_map}}.dump();
}

std::string failure(const test::TemporaryFolder& folder) {
  return model_error([&] { WeightFiles files(folder.path()); });
}

TEST(WeightFiles, ReadsShards) {
  const test::TemporaryFolder folder;
  write(folder.path() / "one.safetensors", safetensors_of({{"a", {2, 3}}}));
  write(folder.path() / "two.safetensors", safetensors_of({{"b", {4}}}));
  write(folder.path() / kIndex, index_of({{"a", "one.safetensors"}, {"b", "two.safetensors"}}));
  WeightFiles files(folder.path());
  EXPECT_EQ(files.take("a", {2, 3}).bytes.size(), 24U);
  EXPECT_NE(model_error([&] {
              files.expect_all_taken();
            }).find("tensor `b` is not part of the architecture"),
            std::string::npos);
  EXPECT_EQ(files.take("b", {4}).bytes.size(), 16U);
  EXPECT_NO_THROW(files.expect_all_taken());
}

TEST(WeightFiles, NamesMissingTensorsAndWrongShapes) {
  const test::TemporaryFolder folder;
  write(folder.path() / "model.safetensors", safetensors_of({{"a", {2, 3}}}));
  WeightFiles files(folder.path());
  EXPECT_NE(
      model_error([&] { static_cast<void>(files.take("b", {1})); }).find("tensor `b` is missing"),
      std::string::npos);
  EXPECT_NE(model_error([&] {
              static_cast<void>(files.take("a", {3, 2}));
            }).find("has shape [2, 3], expected [3, 2]"),
            std::string::npos);
}

TEST(WeightFiles, SayWhyAFolderHasNone) {
  const test::TemporaryFolder folder;
  EXPECT_NE(failure(folder).find("no weights, expected model.safetensors"), std::string::npos);
  write(folder.path() / "pytorch_model.bin", "PK");
  EXPECT_NE(failure(folder).find("pickle file can run code"), std::string::npos);
}

TEST(WeightFiles, RefuseAnIndexThatLeavesTheFolder) {
  for (const char* shard : {"../a.safetensors", "/etc/passwd", "sub/a.safetensors", "..", ""}) {
    const test::TemporaryFolder folder;
    write(folder.path() / kIndex, index_of({{"a", shard}}));
    EXPECT_NE(failure(folder).find("expected the name of a file in the same folder"),
              std::string::npos)
        << shard;
  }
}

TEST(WeightFiles, RefuseAnIndexThatDisagreesWithItsShards) {
  const test::TemporaryFolder folder;
  write(folder.path() / kIndex, index_of({{"a", "one.safetensors"}}));
  EXPECT_NE(failure(folder).find("one.safetensors: missing"), std::string::npos);
  write(folder.path() / "one.safetensors", safetensors_of({{"a", {1}}, {"b", {1}}}));
  EXPECT_NE(failure(folder).find("tensor `b` is not of this shard"), std::string::npos);
  write(folder.path() / kIndex,
        index_of({{"a", "one.safetensors"}, {"b", "one.safetensors"}, {"c", "one.safetensors"}}));
  EXPECT_NE(failure(folder).find("tensor `c` missing"), std::string::npos);
  write(folder.path() / kIndex, "{\"weight_map\": 3}");
  EXPECT_NE(failure(folder).find("no object `weight_map`"), std::string::npos);
  write(folder.path() / kIndex, "{\"weight_map\": {}}");
  EXPECT_NE(failure(folder).find("index.json: `weight_map` is empty"), std::string::npos);
}

TEST(WeightFiles, FingerprintFollowsEveryByte) {
  const test::TemporaryFolder folder;
  write(folder.path() / "config.json", "{}");
  write(folder.path() / "model.safetensors", safetensors_of({{"a", {1}}}));
  const std::string first = WeightFiles(folder.path()).fingerprint();
  EXPECT_EQ(first.size(), 32U);
  EXPECT_EQ(WeightFiles(folder.path()).fingerprint(), first);
  write(folder.path() / "config.json", "{ }");
  const std::string second = WeightFiles(folder.path()).fingerprint();
  EXPECT_NE(second, first);
  std::string bytes = safetensors_of({{"a", {1}}});
  bytes.back() = 1;
  write(folder.path() / "model.safetensors", bytes);
  EXPECT_NE(WeightFiles(folder.path()).fingerprint(), second);
}

}  // namespace
}  // namespace winnow::model
