#include <gtest/gtest.h>
#include <sys/resource.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <random>

#include "core/error.hpp"
#include "tokenizer/small_tokenizers.hpp"

namespace winnow::tokenizer {
namespace {

using Json = nlohmann::ordered_json;

enum class Outcome { refused, loaded };

/// Damage may leave a file that is still a tokenizer: then it must work. Everything but a
/// ModelError (or, of an odd tokenizer, a DataError for the text) fails the test.
Outcome outcome_of(const std::string& json) {
  std::optional<Tokenizer> tokenizer;
  try {
    tokenizer = test::TinyTokenizer::load_tokenizer_json(json);
  } catch (const core::ModelError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("tokenizer.json: "), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    return Outcome::refused;
  }
  try {
    const Encoding encoding = tokenizer->encode("hello </s> \xC3\xA4pple ab\xE6\x9D\xB1.", true);
    EXPECT_EQ(encoding.begin.size(), encoding.ids.size());
    (void)tokenizer->decode(encoding.ids, false);
  } catch (const core::DataError&) {
  }
  return Outcome::loaded;
}

std::vector<std::string> whole_files() {
  return {test::TinyTokenizer().json(), test::kSmallWordPiece, test::kSmallUnigram,
          test::small_character_bpe()};
}

void expect_memory_below_one_gibibyte() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  EXPECT_LT(usage.ru_maxrss, 1024 * 1024) << "KiB";
}

TEST(DamagedSweep, WholeFilesLoad) {
  for (const std::string& json : whole_files()) EXPECT_EQ(outcome_of(json), Outcome::loaded);
}

TEST(DamagedSweep, TruncatedFilesAreRefused) {
  for (const std::string& json : whole_files())
    for (std::size_t i = 0; i < 40; ++i)
      EXPECT_EQ(outcome_of(json.substr(0, json.size() * i / 40)), Outcome::refused) << i;
}

TEST(DamagedSweep, FlippedBytesAreRefusedOrHarmless) {
  std::mt19937_64 random(20261123);
  int refused = 0;
  for (const std::string& json : whole_files())
    for (int i = 0; i < 100; ++i) {
      std::string damaged = json;
      const std::size_t at = (random() % damaged.size());
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << (random() % 8)));
      if (outcome_of(damaged) == Outcome::refused) ++refused;
    }
  RecordProperty("refused", refused);
  EXPECT_GE(refused, 100);
}

/// Every place of the file, the first three of long lists only.
void collect_places(const Json& value, const Json::json_pointer& at,
                    std::vector<Json::json_pointer>& places) {
  int seen = 0;
  for (const auto& [key, child] : value.items()) {
    if (value.size() > 20 && ++seen > 3) break;
    const Json::json_pointer place =
        value.is_array() ? at / static_cast<std::size_t>(std::stoul(key)) : at / key;
    places.push_back(place);
    if (child.is_structured()) collect_places(child, place, places);
  }
}

TEST(DamagedSweep, WrongTypesAndHugeNumbersAreRefusedOrHarmless) {
  Json deep = 1;
  for (int i = 0; i < 100; ++i) deep = Json::array({deep});
  const std::vector<Json> wrong = {nullptr,
                                   -1,
                                   4194303,
                                   std::uint64_t{18446744073709551615U},
                                   1e308,
                                   "",
                                   "\xC3\xA4\xC3\xA4",
                                   Json::array(),
                                   Json::object(),
                                   Json::array({1, 2, 3}),
                                   deep};
  int refused = 0;
  for (const std::string& text : whole_files()) {
    const Json json = Json::parse(text);
    std::vector<Json::json_pointer> places;
    collect_places(json, Json::json_pointer(), places);
    for (const Json::json_pointer& place : places)
      for (const Json& value : wrong) {
        Json damaged = json;
        damaged[place] = value;
        if (outcome_of(damaged.dump()) == Outcome::refused) ++refused;
      }
  }
  RecordProperty("refused", refused);
  EXPECT_GE(refused, 1'000);
  expect_memory_below_one_gibibyte();
}

TEST(DamagedSweep, MissingMembersAreRefusedOrHarmless) {
  for (const std::string& text : whole_files()) {
    const Json json = Json::parse(text);
    std::vector<Json::json_pointer> places;
    collect_places(json, Json::json_pointer(), places);
    for (const Json::json_pointer& place : places) {
      Json damaged = json;
      Json& parent = damaged[place.parent_pointer()];
      if (parent.is_object()) parent.erase(place.back());
      (void)outcome_of(damaged.dump());
    }
    Json without_model = json;
    without_model.erase("model");
    EXPECT_EQ(outcome_of(without_model.dump()), Outcome::refused);
  }
}

TEST(DamagedSweep, IdsOfTwoTokensAreRefused) {
  for (const std::string& text : {test::kSmallWordPiece, test::small_character_bpe()}) {
    Json json = Json::parse(text);
    for (auto& [token, id] : json["model"]["vocab"].items()) id = 5;
    EXPECT_EQ(outcome_of(json.dump()), Outcome::refused);
  }
}

TEST(DamagedSweep, BrokenCharacterMapsAreRefusedOrHarmless) {
  const auto with_map = [](const std::string& map) {
    Json json = Json::parse(test::kSmallUnigram);
    json["normalizer"] = {{"type", "Precompiled"}, {"precompiled_charsmap", map}};
    return outcome_of(json.dump());
  };
  for (const char* map : {"", "A", "####", "AAAA", "AAAAAA==", "/////wAAAAA=", "BAAAAA=="})
    EXPECT_EQ(with_map(map), Outcome::refused) << map;
  std::mt19937_64 random(7);
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (int i = 0; i < 100; ++i) {
    std::string map = "QAAAA";  // a trie of 64 bytes
    while (map.size() < 96) map += kDigits[(random() % kDigits.size())];
    (void)with_map(map);
  }
  expect_memory_below_one_gibibyte();
}

}  // namespace
}  // namespace winnow::tokenizer
