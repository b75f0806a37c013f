#include "model/model_config.hpp"

#include <cmath>

#include "model_folder.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::model {
namespace {

using test::model_error;
using test::tiny_config;

DecoderConfig read(const nlohmann::json& config) {
  const test::TemporaryFolder folder;
  test::write(folder.path() / "config.json", config.dump());
  return read_decoder_config(folder.path());
}

nlohmann::json with(const std::string& field, const nlohmann::json& value) {
  nlohmann::json config = tiny_config();
  config[field] = value;
  return config;
}

const nlohmann::json kLlama3 = {{"rope_type", "llama3"},
                                {"factor", 8.0},
                                {"low_freq_factor", 1.0},
                                {"high_freq_factor", 4.0},
                                {"original_max_position_embeddings", 16}};

TEST(ModelConfig, ReadsTheFormOfTransformers4) {
  nlohmann::json json = with("rope_scaling", kLlama3);
  json["torch_dtype"] = "bfloat16";
  const DecoderConfig config = read(json);
  EXPECT_EQ(config.architecture, "LlamaForCausalLM");
  EXPECT_EQ(config.head_size, 4U);
  EXPECT_EQ(config.kv_heads, 1U);
  EXPECT_DOUBLE_EQ(config.rotary_base, 10000.0);
  ASSERT_TRUE(config.rotary_scaling);
  EXPECT_DOUBLE_EQ(config.rotary_scaling->factor, 8.0);
  EXPECT_DOUBLE_EQ(config.rotary_scaling->original_positions, 16.0);
  EXPECT_TRUE(config.tied_head);
}

TEST(ModelConfig, ReadsTheFormOfTransformers5) {
  nlohmann::json json = tiny_config();
  json.erase("rope_theta");
  json["dtype"] = "float32";
  json["rope_parameters"] = {{"rope_type", "default"}, {"rope_theta", 500000.0}};
  const DecoderConfig config = read(json);
  EXPECT_DOUBLE_EQ(config.rotary_base, 500000.0);
  EXPECT_FALSE(config.rotary_scaling);
}

TEST(ModelConfig, LeavesOutWhatTransformersLeavesOut) {
  nlohmann::json json = tiny_config();
  for (const char* field : {"num_key_value_heads", "max_position_embeddings", "rms_norm_eps",
                            "rope_theta", "tie_word_embeddings"})
    json.erase(field);
  const DecoderConfig config = read(json);
  EXPECT_EQ(config.kv_heads, 2U);
  EXPECT_EQ(config.max_positions, 2048U);
  EXPECT_DOUBLE_EQ(config.norm_epsilon, 1e-6);
  EXPECT_FALSE(config.tied_head);
}

TEST(ModelConfig, GivesMistralItsWindowInEveryLayer) {
  nlohmann::json json = with("architectures", {"MistralForCausalLM"});
  json["num_hidden_layers"] = 3;
  EXPECT_EQ(read(json).windows, (std::vector<std::uint32_t>{4096, 4096, 4096}));
  json["sliding_window"] = 7;
  EXPECT_EQ(read(json).windows, (std::vector<std::uint32_t>{7, 7, 7}));
  json["sliding_window"] = nullptr;
  EXPECT_EQ(read(json).windows, (std::vector<std::uint32_t>{0, 0, 0}));
}

TEST(ModelConfig, GivesQwenWindowsOnlyWhereTheyAreAskedFor) {
  nlohmann::json json = with("architectures", {"Qwen2ForCausalLM"});
  json["num_hidden_layers"] = 3;
  json["sliding_window"] = 9;
  json["max_window_layers"] = 2;
  EXPECT_EQ(smallest_window(read(json)), 0U);
  EXPECT_TRUE(read(json).qkv_bias);
  EXPECT_FALSE(read(json).attention_out_bias);
  json["use_sliding_window"] = true;
  EXPECT_EQ(read(json).windows, (std::vector<std::uint32_t>{0, 0, 9}));
  json["max_window_layers"] = 0;
  EXPECT_EQ(read(json).windows, (std::vector<std::uint32_t>{9, 9, 9}));
  json["layer_types"] = {"sliding_attention", "full_attention", "full_attention"};
  EXPECT_EQ(read(json).windows, (std::vector<std::uint32_t>{9, 0, 0}));
  EXPECT_EQ(smallest_window(read(json)), 9U);
}

struct Refused {
  std::string field;
  nlohmann::json value;
};
class ModelConfigRefuses : public ::testing::TestWithParam<Refused> {};

TEST_P(ModelConfigRefuses, WithTheFieldsNameAndFile) {
  const std::string message =
      model_error([] { static_cast<void>(read(with(GetParam().field, GetParam().value))); });
  EXPECT_NE(message.find("`" + GetParam().field + "`"), std::string::npos) << message;
  EXPECT_NE(message.find("config.json"), std::string::npos) << message;
  EXPECT_NE(message.find("expected"), std::string::npos) << message;
}

INSTANTIATE_TEST_SUITE_P(
    Fields, ModelConfigRefuses,
    ::testing::Values(
        Refused{"architectures", {"GPT2LMHeadModel"}}, Refused{"architectures", "LlamaForCausalLM"},
        Refused{"architectures", nlohmann::json::array()}, Refused{"vocab_size", nullptr},
        Refused{"vocab_size", -1}, Refused{"hidden_size", 0}, Refused{"hidden_size", 7},
        Refused{"hidden_size", 1ULL << 60}, Refused{"num_hidden_layers", 1.5},
        Refused{"num_key_value_heads", 3}, Refused{"intermediate_size", "12"},
        Refused{"rms_norm_eps", "small"}, Refused{"rope_theta", 0}, Refused{"hidden_act", "gelu"},
        Refused{"attention_bias", 1}, Refused{"mlp_bias", "no"},
        Refused{"layer_types", {"sliding_attention"}}, Refused{"layer_types", {"chunked"}},
        Refused{"layer_types", {"full_attention", "full_attention"}},
        Refused{"tie_word_embeddings", 1}, Refused{"partial_rotary_factor", 0.5},
        Refused{"quantization_config", {{"bits", 4}}}, Refused{"sliding_window", 8},
        Refused{"rope_scaling", 2}),
    [](const auto& instance) {
      return std::to_string(instance.index) + "_" + instance.param.field;
    });

TEST(ModelConfig, RefusesRotaryScalingItDoesNotKnow) {
  EXPECT_NE(model_error([] {
              static_cast<void>(read(with("rope_scaling", {{"type", "yarn"}, {"factor", 2.0}})));
            }).find("`type` is \"yarn\""),
            std::string::npos);
  nlohmann::json extra = kLlama3;
  extra["attention_factor"] = 2.0;
  EXPECT_NE(model_error([&] {
              static_cast<void>(read(with("rope_scaling", extra)));
            }).find("`attention_factor`"),
            std::string::npos);
}

TEST(ModelConfig, SaysWhatIsWrongWithAFileThatIsNoConfig) {
  const test::TemporaryFolder folder;
  const auto message = [&] {
    return model_error([&] { static_cast<void>(read_decoder_config(folder.path())); });
  };
  EXPECT_NE(message().find("config.json: missing"), std::string::npos);
  test::write(folder.path() / "config.json", "{\"vocab_size\": ");
  EXPECT_NE(message().find("not valid JSON"), std::string::npos);
  test::write(folder.path() / "config.json", "[1]");
  EXPECT_NE(message().find("expected a JSON object"), std::string::npos);
  test::write(folder.path() / "config.json", std::string(200000, '['));
  EXPECT_NE(message().find("not valid JSON"), std::string::npos);
  EXPECT_NE(model_error([&] {
              static_cast<void>(read_decoder_config(folder.path() / "nowhere"));
            }).find("no such folder"),
            std::string::npos);
}

TEST(RotaryFrequencies, AreStretchedOnlyForLongWavelengths) {
  nlohmann::json json = with("head_dim", 64);
  const std::vector<float> plain = rotary_frequencies(read(json));
  ASSERT_EQ(plain.size(), 32U);
  EXPECT_FLOAT_EQ(plain[0], 1.0F);
  EXPECT_FLOAT_EQ(plain[16], 0.01F);
  json["rope_scaling"] = kLlama3;
  json["rope_scaling"]["original_max_position_embeddings"] = 8192;
  const std::vector<float> scaled = rotary_frequencies(read(json));
  EXPECT_FLOAT_EQ(scaled[0], plain[0]);
  EXPECT_FLOAT_EQ(scaled[31], plain[31] / 8.0F);
}

}  // namespace
}  // namespace winnow::model
