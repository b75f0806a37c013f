// A sound model folder, damaged in many ways: each is a ModelError, none a crash, a hang or a large
// allocation. Run with the address sanitizer by .ci/run.
#include <fstream>
#include <iostream>

#include "model/generation.hpp"
#include "model/model_config.hpp"
#include "model/sentence_transformer.hpp"
#include "model/weight_files.hpp"
#include "model_folder.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::model {
namespace {

using test::safetensors_of;
using test::tiny_tensors;
using test::write;

constexpr const char* kSingle = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";

/// Reads all that a decoder's loading reads, without libtorch.
void open_all(const std::filesystem::path& folder) {
  static_cast<void>(read_decoder_config(folder));
  static_cast<void>(end_of_text_ids(folder));
  WeightFiles files(folder);
  for (const auto& [name, shape] : tiny_tensors()) static_cast<void>(files.take(name, shape));
  files.expect_all_taken();
}

/// "" if `open` takes the folder for sound.
std::string complaint(const std::filesystem::path& folder,
                      void (*open)(const std::filesystem::path&) = open_all) {
  try {
    open(folder);
  } catch (const core::ModelError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find(folder.string()), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    return message;
  }
  return "";
}

class DamagedFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    write(folder_.path() / "config.json", test::tiny_config().dump());
    write(folder_.path() / kSingle, single_);
    ASSERT_EQ(complaint(folder_.path()), "");
  }
  void TearDown() override {
    std::cout << damages_ << " damaged files\n";
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
      if (!line.starts_with("VmHWM:")) continue;
      EXPECT_LT(std::stol(line.substr(6)), 1L << 20) << "more than 1 GiB: " << line;
    }
  }

  void expect_complaint(const char* file, const std::string& bytes, const std::string& what) {
    ++damages_;
    write(folder_.path() / file, bytes);
    EXPECT_NE(complaint(folder_.path()), "") << file << ": " << what;
  }
  /// `header` as a file's header, over the sound data.
  void expect_complaint_of_header(const nlohmann::json& header, const std::string& what) {
    expect_complaint(kSingle, test::safetensors_bytes(header.dump(), data()), what);
  }
  [[nodiscard]] std::size_t header_size() const {
    std::size_t size = 0;
    for (std::size_t i = 0; i < 8; ++i)
      size |= static_cast<std::size_t>(static_cast<unsigned char>(single_[i])) << (8 * i);
    return size;
  }
  [[nodiscard]] std::string data() const { return single_.substr(8 + header_size()); }
  [[nodiscard]] nlohmann::json header() const {
    return nlohmann::json::parse(single_.substr(8, header_size()));
  }
  /// Leaves two shards and an index instead of the single file.
  nlohmann::json make_shards() {
    const auto tensors = tiny_tensors();
    const auto middle = tensors.begin() + 4;
    write(folder_.path() / "1.safetensors", safetensors_of({tensors.begin(), middle}));
    write(folder_.path() / "2.safetensors", safetensors_of({middle, tensors.end()}));
    nlohmann::json index;
    for (auto tensor = tensors.begin(); tensor != tensors.end(); ++tensor)
      index["weight_map"][tensor->name] = tensor < middle ? "1.safetensors" : "2.safetensors";
    write(folder_.path() / kIndex, index.dump());
    std::filesystem::remove(folder_.path() / kSingle);
    EXPECT_EQ(complaint(folder_.path()), "");
    return index;
  }

  const test::TemporaryFolder folder_;
  const std::string single_ = safetensors_of(tiny_tensors());
  int damages_ = 0;
};

TEST_F(DamagedFolder, WeightsCutOffAnywhere) {
  for (std::size_t size = 0; size < single_.size(); size += 41)
    expect_complaint(kSingle, single_.substr(0, size), "cut to " + std::to_string(size));
  expect_complaint(kSingle, single_ + std::string(4, '\0'), "four bytes more");
}

TEST_F(DamagedFolder, FlippedBitsInTheHeader) {
  const std::size_t metadata = single_.find("__metadata__");
  const std::size_t tensors = single_.find('}', metadata) + 1;  // What metadata say is not used.
  for (std::size_t at = tensors; at < 8 + header_size(); at += 3)
    for (const char bit : {'\x01', '\x10', '\x80'}) {
      std::string bytes = single_;
      bytes[at] = static_cast<char>(bytes[at] ^ bit);
      expect_complaint(kSingle, bytes, "byte " + std::to_string(at));
    }
}

TEST_F(DamagedFolder, AnyOtherLengthOfTheHeader) {
  for (std::size_t at = 0; at < 8; ++at)
    for (const char bit : {'\x01', '\x08', '\x40', '\x80'}) {
      std::string bytes = single_;
      bytes[at] = static_cast<char>(bytes[at] ^ bit);
      expect_complaint(kSingle, bytes, "length byte " + std::to_string(at));
    }
}

TEST_F(DamagedFolder, ImpossibleShapesAndOffsets) {
  const nlohmann::json sound = header();
  const nlohmann::json values = {-1,   0,         1ULL << 62, 18446744073709551615ULL, 1e300,
                                 1.5,  "8",       nullptr,    nlohmann::json::array(), {},
                                 true, {{"a", 1}}};
  for (const auto& [name, place] : sound.items()) {
    if (name == "__metadata__") continue;
    for (const nlohmann::json& value : values) {
      for (const char* field : {"shape", "data_offsets"})
        for (std::size_t at = 0; at < place[field].size(); ++at) {
          nlohmann::json damaged = sound;
          if (damaged[name][field][at] == value) continue;
          damaged[name][field][at] = value;
          expect_complaint_of_header(damaged, name + " " + field);
        }
      for (const char* field : {"dtype", "shape", "data_offsets"}) {
        nlohmann::json damaged = sound;
        damaged[name][field] = value;
        expect_complaint_of_header(damaged, name + " " + field);
        damaged[name].erase(field);
        expect_complaint_of_header(damaged, name + " without " + field);
      }
    }
    nlohmann::json damaged = sound;
    damaged[name] = {{"dtype", "F32"},
                     {"shape", std::vector<std::uint64_t>(100, 1ULL << 60)},
                     {"data_offsets", {0, 4}}};
    expect_complaint_of_header(damaged, name + " with a hundred huge extents");
  }
}

TEST_F(DamagedFolder, IndexCutOffOrChanged) {
  const nlohmann::json index = make_shards();
  const std::string sound = index.dump();
  for (std::size_t size = 0; size < sound.size(); size += 13)
    expect_complaint(kIndex, sound.substr(0, size), "cut to " + std::to_string(size));
  for (std::size_t at = 0; at < sound.size(); at += 3) {
    std::string bytes = sound;
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    expect_complaint(kIndex, bytes, "byte " + std::to_string(at));
  }
}

TEST_F(DamagedFolder, ConfigCutOff) {
  const std::string sound = test::tiny_config().dump();
  for (std::size_t size = 0; size < sound.size(); size += 7)
    expect_complaint("config.json", sound.substr(0, size), "cut to " + std::to_string(size));
}

TEST_F(DamagedFolder, HugeNumbersInTheConfigFindNoSuchWeights) {
  for (const char* field : {"vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers",
                            "num_attention_heads", "num_key_value_heads"}) {
    nlohmann::json config = test::tiny_config();
    config[field] = 1 << 24;
    write(folder_.path() / "config.json", config.dump());
    ++damages_;
    const std::string message = complaint(folder_.path(), [](const std::filesystem::path& folder) {
      const DecoderConfig read = read_decoder_config(folder);
      WeightFiles files(folder);
      static_cast<void>(
          files.take("model.embed_tokens.weight", {read.vocabulary_size, read.hidden_size}));
      const std::string layer = "model.layers." + std::to_string(read.layers.size() - 1);
      static_cast<void>(
          files.take(layer + ".mlp.gate_proj.weight", {read.intermediate_size, read.hidden_size}));
    });
    EXPECT_NE(message, "") << field;
  }
}

/// Every file of settings, with who reads it.
class DamagedSettings : public ::testing::Test {
 protected:
  struct Settings {
    const char* file;
    std::string sound;
    void (*open)(const std::filesystem::path&);
  };
  static void open_sentence_transformer(const std::filesystem::path& folder) {
    static_cast<void>(read_sentence_transformer(folder));
  }
  static std::vector<Settings> decoders() {
    return {{"config.json", test::tiny_config().dump(), open_all},
            {"generation_config.json", R"({"eos_token_id": [2, 3]})", open_all}};
  }
  static std::vector<Settings> encoders() {
    nlohmann::json config = test::tiny_config();
    config["architectures"] = {"BertModel"};
    config.erase("num_key_value_heads");
    const auto open = open_sentence_transformer;
    return {
        {"config.json", config.dump(), open},
        {"modules.json",
         R"([{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
             {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
             {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}])",
         open},
        {"1_Pooling/config.json", R"({"embedding_dimension": 8, "pooling_mode": "mean"})", open},
        {"2_Normalize/config.json", R"({"module_output_name": "sentence_embedding"})", open},
        {"sentence_bert_config.json", R"({"do_lower_case": false, "unpad_inputs": true})", open},
        {"config_sentence_transformers.json",
         R"({"default_prompt_name": "a", "prompts": {"a": ""}})", open},
        {"tokenizer_config.json", R"({"model_max_length": 20})", open}};
  }

  static void write_all(const std::filesystem::path& folder, const std::vector<Settings>& files) {
    std::filesystem::create_directory(folder / "1_Pooling");
    std::filesystem::create_directory(folder / "2_Normalize");
    for (const Settings& one : files) write(folder / one.file, one.sound);
    write(folder / kSingle, safetensors_of(tiny_tensors()));
  }
  /// Cut off, nested and flipped. A flip may leave a sound file: then nothing is to complain about.
  static void damage(const std::filesystem::path& folder, const Settings& settings) {
    ASSERT_EQ(complaint(folder, settings.open), "") << settings.file;
    for (std::size_t size = 0; size < settings.sound.size(); size += 3) {
      write(folder / settings.file, settings.sound.substr(0, size));
      EXPECT_NE(complaint(folder, settings.open), "") << settings.file << " cut to " << size;
    }
    for (const std::string& deep :
         {"{\"architectures\":[" + std::string(200000, '[') + std::string(200000, ']') + "]}",
          "{\"eos_token_id\":" + std::string(200000, '[') + std::string(200000, ']') + "}",
          std::string(200000, '['), std::string(65, '[') + std::string(65, ']')}) {
      write(folder / settings.file, deep);
      EXPECT_NE(complaint(folder, settings.open).find("nested more than 64 deep"),
                std::string::npos)
          << settings.file;
    }
    write(folder / settings.file, std::string(64, '[') + "1" + std::string(64, ']'));
    EXPECT_EQ(complaint(folder, settings.open).find("nested"), std::string::npos) << settings.file;
    std::size_t complaints = 0;
    for (std::size_t at = 0; at < settings.sound.size(); ++at)
      for (const char bit : {'\x01', '\x10', '\x80'}) {
        std::string bytes = settings.sound;
        bytes[at] = static_cast<char>(bytes[at] ^ bit);
        write(folder / settings.file, bytes);
        if (!complaint(folder, settings.open).empty()) ++complaints;
      }
    EXPECT_GT(complaints, settings.sound.size()) << settings.file;
    write(folder / settings.file, settings.sound);
  }
};

TEST_F(DamagedSettings, OfADecoder) {
  const test::TemporaryFolder folder;
  write_all(folder.path(), decoders());
  for (const Settings& settings : decoders()) damage(folder.path(), settings);
}

TEST_F(DamagedSettings, OfAnEncoder) {
  const test::TemporaryFolder folder;
  write_all(folder.path(), encoders());
  EXPECT_EQ(read_sentence_transformer(folder.path()).max_positions, 20U);
  for (const Settings& settings : encoders()) damage(folder.path(), settings);
}

}  // namespace
}  // namespace winnow::model
