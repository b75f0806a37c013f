#include "model/safetensors.hpp"

#include <random>

#include "core/random.hpp"
#include "model_folder.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::model {
namespace {

using test::model_error;
using test::safetensors_bytes;

std::string entry(const std::string& shape, const std::string& offsets,
                  const std::string& dtype = "F32") {
  return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

std::map<std::string, TensorPlace> open(const std::string& bytes) {
  const test::TemporaryFolder folder;
  test::write(folder.path() / "model.safetensors", bytes);
  return SafetensorsFile(folder.path() / "model.safetensors").tensors();
}

TEST(Safetensors, GivesTensorsTypesShapesAndBytes) {
  const test::TemporaryFolder folder;
  const std::string header = R"({"__metadata__":{"format":"pt"},"b":)" +
                             entry("[2]", "[2,6]", "F16") + R"(,"a":)" +
                             entry("[]", "[0,2]", "BF16") + "}   ";
  test::write(folder.path() / "x", safetensors_bytes(header, "ab1234"));
  const SafetensorsFile file(folder.path() / "x");
  ASSERT_EQ(file.tensors().size(), 2U);
  const TensorView b = file.view("b");
  EXPECT_EQ(b.dtype, "F16");
  EXPECT_EQ(b.shape, (std::vector<std::uint64_t>{2}));
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(b.bytes.data()), b.bytes.size()), "1234");
  EXPECT_TRUE(file.view("a").shape.empty());
}

TEST(Safetensors, TakesEmptyTensorsAndNoTensors) {
  EXPECT_EQ(open(safetensors_bytes(R"({"a":)" + entry("[0,4]", "[0,0]") + "}", "")).size(), 1U);
  EXPECT_TRUE(open(safetensors_bytes("{}", "")).empty());
}

struct Broken {
  std::string name;
  std::string bytes;
  std::string expected;
};
class SafetensorsRefuses : public ::testing::TestWithParam<Broken> {};

TEST_P(SafetensorsRefuses, NamingFileAndFault) {
  const std::string message = model_error([] { open(GetParam().bytes); });
  EXPECT_NE(message.find("model.safetensors: "), std::string::npos) << message;
  EXPECT_NE(message.find(GetParam().expected), std::string::npos) << message;
}

std::string one(const std::string& value, std::size_t data = 8) {
  return safetensors_bytes("{\"a\":" + value + "}", std::string(data, 'x'));
}
std::string two(const std::string& a, const std::string& b) {
  return safetensors_bytes("{\"a\":" + a + ",\"b\":" + b + "}", std::string(16, 'x'));
}
std::string length_only(std::uint64_t length) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(length >> (8 * i) & 0xFF);
  return bytes + "{}";
}

INSTANTIATE_TEST_SUITE_P(
    Files, SafetensorsRefuses,
    ::testing::Values(
        Broken{"Empty", "", "0 bytes, too short"},
        Broken{"ShorterThanALength", "1234567", "7 bytes, too short"},
        Broken{"LengthZero", length_only(0), "does not begin with a brace"},
        Broken{"TruncatedHeader", length_only(3), "cut off"},
        Broken{"HugeLength", length_only(100'000'001), "at most 100000000"},
        Broken{"LengthTwoTo63", length_only(1ULL << 63), "at most 100000000"},
        Broken{"LengthAllOnes", length_only(~0ULL), "at most 100000000"},
        Broken{"NotJson", safetensors_bytes("{\"a\":", ""), "not valid JSON"},
        Broken{"LeadingSpace", safetensors_bytes(" {}", ""), "brace"},
        Broken{"InvalidUtf8", safetensors_bytes("{\"\xFF\":1}", ""), "not valid JSON"},
        Broken{"TextAfterHeader", safetensors_bytes("{}{}", ""), "not valid JSON"},
        Broken{"DeepNesting", safetensors_bytes("{\"a\":" + std::string(200000, '['), ""),
               "not valid JSON"},
        Broken{"EntryIsNoObject", one("3"), "its entry is no object"},
        Broken{"NoShape", one(R"({"dtype":"F32","data_offsets":[0,8]})"), "expected `dtype`"},
        Broken{"UnknownType", one(entry("[2]", "[0,8]", "F31")), "`dtype` is \"F31\""},
        Broken{"TypeIsNumber", one(R"({"dtype":1,"shape":[2],"data_offsets":[0,8]})"),
               "`dtype` is no string"},
        Broken{"NegativeExtent", one(entry("[-2]", "[0,8]")), "`shape` holds"},
        Broken{"FractionalExtent", one(entry("[2.0]", "[0,8]")), "`shape` holds"},
        Broken{"ShapeOverflow", one(entry("[4294967296,4294967296,4]", "[0,8]")), "overflows"},
        Broken{"OneOffset", one(entry("[2]", "[0]")), "expected 2"},
        Broken{"BackwardOffsets", one(entry("[2]", "[8,0]")), "backwards"},
        Broken{"SizeDiffersFromShape", one(entry("[3]", "[0,8]")), "expected 12 for F32 [3]"},
        Broken{"EndBeyondFile", one(entry("[4]", "[0,16]")), "the header describes 16"},
        Broken{"BytesLeftOver", one(entry("[1]", "[0,4]")), "the header describes 4"},
        Broken{"Overlap", two(entry("[2]", "[0,8]"), entry("[3]", "[4,16]")), "overlap"},
        Broken{"Hole", two(entry("[1]", "[0,4]"), entry("[2]", "[8,16]")), "hole"},
        Broken{"NotFromZero", one(entry("[1]", "[4,8]")), "hole"},
        Broken{"DuplicateName",
               safetensors_bytes("{\"a\":" + entry("[2]", "[0,8]") +
                                     ",\"a\":" + entry("[2]", "[8,16]") + "}",
                                 std::string(16, 'x')),
               "comes twice"},
        Broken{"EscapedDuplicateName",
               safetensors_bytes("{\"a\":" + entry("[2]", "[0,8]") +
                                     ",\"\\u0061\":" + entry("[2]", "[8,16]") + "}",
                                 std::string(16, 'x')),
               "comes twice"},
        Broken{"DuplicateField",
               one(R"({"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]})"),
               "`shape` comes twice"},
        Broken{"DuplicateMetadata",
               safetensors_bytes(R"({"__metadata__":{},"__metadata__":{}})", ""),
               "`__metadata__` comes twice"},
        Broken{"MetadataNumber", safetensors_bytes(R"({"__metadata__":{"a":1}})", ""),
               "is no string"}),
    [](const auto& instance) { return instance.param.name; });

/// Whatever passes the checks must be readable to its last byte: the sanitizer build would say if
/// it were not.
TEST(Safetensors, SurvivesFlippedHeaderBytes) {
  const std::string sound = test::safetensors_of(test::tiny_tensors());
  std::uint64_t header = 0;
  for (std::size_t i = 8; i-- > 0;) header = header << 8 | static_cast<unsigned char>(sound[i]);
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "model.safetensors";
  unsigned read = 0, refused = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    std::string bytes = sound;
    const std::uint64_t flips = 1 + core::random_word(seed, 0, 0) % 4;
    for (std::uint64_t flip = 1; flip <= flips; ++flip) {
      const std::uint64_t word = core::random_word(seed, 0, flip);
      bytes[word % (8 + header)] = static_cast<char>(word >> 32);
    }
    test::write(path, bytes);
    try {
      const SafetensorsFile file(path);
      for (const auto& [name, place] : file.tensors())
        for (const std::byte byte : file.view(name).bytes)
          read += std::to_integer<unsigned>(byte) + 1;
    } catch (const core::ModelError&) {
      ++refused;
    }
  }
  EXPECT_GT(read, 0U);
  EXPECT_GT(refused, 300U);
}

TEST(Safetensors, NamesAFileThatCannotBeRead) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(SafetensorsFile(folder.path() / "missing"), core::EnvironmentError);
  EXPECT_THROW(SafetensorsFile(folder.path()), core::EnvironmentError);
}

}  // namespace
}  // namespace winnow::model
