#include "model/model_config.hpp"

#include <cmath>

#include <fmt/format.h>

#include "model/text_encoder.hpp"
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

std::vector<std::uint32_t> windows_of(const DecoderConfig& config) {
  std::vector<std::uint32_t> windows;
  for (const LayerConfig& layer : config.layers) windows.push_back(layer.window);
  return windows;
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
  ASSERT_EQ(config.rotaries.size(), 1U);
  EXPECT_DOUBLE_EQ(config.rotaries[0].base, 10000.0);
  const auto* scaling = std::get_if<Llama3RotaryScaling>(&config.rotaries[0].scaling);
  ASSERT_NE(scaling, nullptr);
  EXPECT_DOUBLE_EQ(scaling->factor, 8.0);
  EXPECT_DOUBLE_EQ(scaling->original_positions, 16.0);
  EXPECT_TRUE(config.tied_head);
}

TEST(ModelConfig, ReadsTheFormOfTransformers5) {
  nlohmann::json json = tiny_config();
  json.erase("rope_theta");
  json["dtype"] = "float32";
  json["rope_parameters"] = {{"rope_type", "default"}, {"rope_theta", 500000.0}};
  const DecoderConfig config = read(json);
  EXPECT_DOUBLE_EQ(config.rotaries.at(0).base, 500000.0);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(config.rotaries[0].scaling));
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
  EXPECT_EQ(windows_of(read(json)), (std::vector<std::uint32_t>{4096, 4096, 4096}));
  json["sliding_window"] = 7;
  EXPECT_EQ(windows_of(read(json)), (std::vector<std::uint32_t>{7, 7, 7}));
  json["sliding_window"] = nullptr;
  EXPECT_EQ(windows_of(read(json)), (std::vector<std::uint32_t>{0, 0, 0}));
}

TEST(ModelConfig, GivesQwenWindowsOnlyWhereTheyAreAskedFor) {
  nlohmann::json json = with("architectures", {"Qwen2ForCausalLM"});
  json["num_hidden_layers"] = 3;
  json["sliding_window"] = 9;
  json["max_window_layers"] = 2;
  EXPECT_EQ(longest_uniform_text(read(json)), 32U);
  EXPECT_TRUE(read(json).qkv_bias);
  EXPECT_FALSE(read(json).attention_out_bias);
  json["use_sliding_window"] = true;
  EXPECT_EQ(windows_of(read(json)), (std::vector<std::uint32_t>{0, 0, 9}));
  json["max_window_layers"] = 0;
  EXPECT_EQ(windows_of(read(json)), (std::vector<std::uint32_t>{9, 9, 9}));
  json["layer_types"] = {"sliding_attention", "full_attention", "full_attention"};
  EXPECT_EQ(windows_of(read(json)), (std::vector<std::uint32_t>{9, 0, 0}));
  EXPECT_EQ(longest_uniform_text(read(json)), 9U);
}

TEST(ModelConfig, GivesGemma2AWindowInEverySecondLayerAndItsCaps) {
  nlohmann::json json = with("architectures", {"Gemma2ForCausalLM"});
  json["num_hidden_layers"] = 4;
  json["sliding_window"] = 5;
  EXPECT_EQ(windows_of(read(json)), (std::vector<std::uint32_t>{5, 0, 5, 0}));
  EXPECT_EQ(read(json).head_size, 256U);
  EXPECT_EQ(read(json).attention_cap, 50.0);
  EXPECT_EQ(read(json).logit_cap, 30.0);
  EXPECT_EQ(read(json).layers[0].attention_scale, 1.0 / 16);
  json["attn_logit_softcapping"] = nullptr;
  EXPECT_EQ(read(json).attention_cap, 0.0);
}

TEST(ModelConfig, GivesGemma3TwoRotations) {
  nlohmann::json json = with("architectures", {"Gemma3ForCausalLM"});
  json["num_hidden_layers"] = 4;
  json["sliding_window_pattern"] = 3;
  json["rope_theta"] = 2e6;
  json["rope_local_base_freq"] = 300.0;
  json["rope_scaling"] = {{"rope_type", "linear"}, {"factor", 8.0}};
  const DecoderConfig config = read(json);
  EXPECT_EQ(windows_of(config), (std::vector<std::uint32_t>{4096, 4096, 0, 4096}));
  ASSERT_EQ(config.rotaries.size(), 2U);
  EXPECT_EQ(config.rotaries[0].base, 2e6);
  EXPECT_TRUE(std::holds_alternative<LinearRotaryScaling>(config.rotaries[0].scaling));
  EXPECT_EQ(config.rotaries[1].base, 300.0);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(config.rotaries[1].scaling));
  EXPECT_EQ(config.layers[1].rotary, 1U);
  EXPECT_EQ(config.layers[2].rotary, 0U);
}

/// The base of both rotations where Gemma 3 has one object for all layers.
TEST(ModelConfig, TakesOneRotationOfGemma3OnlyWhereItSaysWhatHoldsAnyway) {
  nlohmann::json json = with("architectures", {"Gemma3ForCausalLM"});
  json.erase("rope_theta");
  json["rope_parameters"] = {{"rope_type", "default"}, {"rope_theta", 1e6}};
  EXPECT_EQ(read(json).rotaries.at(0).base, 1e6);
  EXPECT_EQ(read(json).rotaries.at(1).base, 1e4);
  const auto refused = [&](const nlohmann::json& rope) {
    json["rope_parameters"] = rope;
    return model_error([&] { static_cast<void>(read(json)); });
  };
  EXPECT_NE(refused({{"rope_type", "default"}, {"rope_theta", 5e5}}).find("`rope_parameters`"),
            std::string::npos);
  EXPECT_NE(
      refused({{"rope_type", "linear"}, {"factor", 8.0}, {"rope_theta", 1e6}}).find("`factor`"),
      std::string::npos);
}

TEST(ModelConfig, TakesRotationsByLayerOnlyFromGemma3) {
  nlohmann::json json = with("architectures", {"Qwen2ForCausalLM"});
  json.erase("rope_theta");
  json["rope_parameters"]["full_attention"] = {{"rope_type", "default"}, {"rope_theta", 77.0}};
  EXPECT_NE(model_error([&] { static_cast<void>(read(json)); }).find("`rope_parameters`"),
            std::string::npos);
}

TEST(ModelConfig, TakesPhi3sOriginalPositionsFromOutsideTheRopeObject) {
  nlohmann::json json = with("architectures", {"Phi3ForCausalLM"});
  json["max_position_embeddings"] = 8192;
  json["rope_scaling"] = {{"type", "longrope"},
                          {"short_factor", {1.0, 1.5}},
                          {"long_factor", {1.0, 2.0}},
                          {"original_max_position_embeddings", 40}};
  EXPECT_EQ(longest_uniform_text(read(json)), 4096U) << "Phi3Config's default wins";
  json["original_max_position_embeddings"] = 30;
  EXPECT_EQ(longest_uniform_text(read(json)), 30U);
  json["architectures"] = {"LlamaForCausalLM"};
  EXPECT_EQ(longest_uniform_text(read(json)), 30U);
  json.erase("original_max_position_embeddings");
  EXPECT_EQ(longest_uniform_text(read(json)), 40U) << "the object's own where there is no other";
}

TEST(ModelConfig, TakesNullForAsManyKeyHeadsAsHeads) {
  for (const char* family : {"MistralForCausalLM", "Qwen2ForCausalLM", "Qwen3ForCausalLM"}) {
    nlohmann::json json = with("architectures", {family});
    json["num_key_value_heads"] = nullptr;
    EXPECT_EQ(read(json).kv_heads, 2U) << family;
    json["num_attention_heads"] = 32;
    json["hidden_size"] = 64;
    json.erase("num_key_value_heads");
    EXPECT_EQ(read(json).kv_heads, std::string(family).starts_with("Mistral") ? 8U : 32U);
  }
}

/// A field that other families obey and that this one's code does not look at.
TEST(ModelConfig, RefusesFieldsThatTheFamilyPassesOver) {
  const auto refused = [](const char* family, const char* field, const nlohmann::json& value,
                          const nlohmann::json& more = nlohmann::json::object()) {
    nlohmann::json json = with("architectures", {family});
    json.update(more);
    json.update({{"n_embd", 8}, {"n_layer", 1}, {"n_head", 2}});
    json[field] = value;
    return model_error([&] { static_cast<void>(read(json)); }).find(fmt::format("`{}`", field)) !=
           std::string::npos;
  };
  EXPECT_TRUE(refused("GPTNeoXForCausalLM", "num_key_value_heads", 1));
  EXPECT_TRUE(refused("GPT2LMHeadModel", "num_key_value_heads", 1));
  EXPECT_TRUE(refused("GPT2LMHeadModel", "head_dim", 2, {{"num_key_value_heads", 2}}));
  EXPECT_TRUE(refused("LlamaForCausalLM", "scale_attn_weights", false));
  EXPECT_TRUE(refused("LlamaForCausalLM", "scale_attn_by_inverse_layer_idx", true));
  EXPECT_TRUE(refused("MistralForCausalLM", "layer_types", {"full_attention"}));
  EXPECT_TRUE(
      refused("Phi3ForCausalLM", "layer_types", {"full_attention"}, {{"sliding_window", 4}}));
}

TEST(ModelConfig, RefusesLongFactorsThatDoNotFitTheHeads) {
  nlohmann::json json = with("architectures", {"Phi3ForCausalLM"});
  json["original_max_position_embeddings"] = 16;
  json["rope_scaling"] = {{"type", "longrope"}, {"short_factor", {1.0, 1.5}}, {"long_factor", {1}}};
  EXPECT_NE(model_error([&] {
              static_cast<void>(read(json));
            }).find("`long_factor` is [1], expected a list of 2 positive numbers"),
            std::string::npos);
  json["rope_scaling"]["long_factor"] = {2.0, 4.0};
  EXPECT_EQ(longest_uniform_text(read(json)), 16U);
}

TEST(ModelConfig, TellsEncodersFromLanguageModels) {
  const test::TemporaryFolder folder;
  const auto kind_of = [&](const char* architecture) {
    test::write(folder.path() / "config.json", with("architectures", {architecture}).dump());
    return kind_of_model(folder.path());
  };
  EXPECT_EQ(kind_of("Qwen2ForCausalLM"), ModelKind::causal_language_model);
  EXPECT_EQ(kind_of("BertModel"), ModelKind::text_encoder);
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
        Refused{"architectures", {"T5ForConditionalGeneration"}},
        Refused{"architectures", {"BertModel"}}, Refused{"architectures", "LlamaForCausalLM"},
        Refused{"architectures", nlohmann::json::array()}, Refused{"vocab_size", nullptr},
        Refused{"vocab_size", -1}, Refused{"hidden_size", 0}, Refused{"hidden_size", 7},
        Refused{"hidden_size", 1ULL << 60}, Refused{"num_hidden_layers", 1.5},
        Refused{"num_key_value_heads", 3}, Refused{"intermediate_size", "12"},
        Refused{"rms_norm_eps", "small"}, Refused{"rope_theta", 0}, Refused{"hidden_act", "relu"},
        Refused{"attention_bias", 1}, Refused{"mlp_bias", "no"},
        Refused{"layer_types", {"sliding_attention"}}, Refused{"layer_types", {"chunked"}},
        Refused{"layer_types", {"full_attention", "full_attention"}},
        Refused{"tie_word_embeddings", 1}, Refused{"partial_rotary_factor", 0.5},
        Refused{"quantization_config", {{"bits", 4}}}, Refused{"sliding_window", 8},
        Refused{"rope_scaling", 2}, Refused{"attn_logit_softcapping", 50.0},
        Refused{"final_logit_softcapping", 30.0}, Refused{"use_bidirectional_attention", true}),
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
  EXPECT_NE(message().find("config.json: nested more than 64 deep"), std::string::npos);
  test::write(folder.path() / "config.json", "{\"x\": \"" + std::string(17 << 20, 'x') + "\"}");
  EXPECT_NE(message().find("config.json: 17825801 bytes, expected at most 16777216"),
            std::string::npos);
  EXPECT_NE(model_error([&] {
              static_cast<void>(read_decoder_config(folder.path() / "nowhere"));
            }).find("no such folder"),
            std::string::npos);
}

TEST(RotaryFrequencies, AreStretchedOnlyForLongWavelengths) {
  nlohmann::json json = with("head_dim", 64);
  const std::vector<float> plain = rotary_frequencies(read(json).rotaries.at(0), false);
  ASSERT_EQ(plain.size(), 32U);
  EXPECT_FLOAT_EQ(plain[0], 1.0F);
  EXPECT_FLOAT_EQ(plain[16], 0.01F);
  json["rope_scaling"] = kLlama3;
  json["rope_scaling"]["original_max_position_embeddings"] = 8192;
  const std::vector<float> scaled = rotary_frequencies(read(json).rotaries.at(0), false);
  EXPECT_FLOAT_EQ(scaled[0], plain[0]);
  EXPECT_FLOAT_EQ(scaled[31], plain[31] / 8.0F);
}

}  // namespace
}  // namespace winnow::model
