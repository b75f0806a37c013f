#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/random.hpp"
#include "model/model_config.hpp"
#include "model/text_encoder.hpp"
#include "model_folder.hpp"
#include "support/temporary_folder.hpp"

namespace winnow::test {

enum class FileType { f32, bf16 };

/// A folder with this config.json and random weights for every tensor that it asks for; in bf16 cut
/// off, not rounded.
class RandomFolder {
 public:
  explicit RandomFolder(const nlohmann::json& config, FileType type = FileType::f32) : type_(type) {
    write(folder_.path() / "config.json", config.dump());
    config_ = model::kind_of_model(folder_.path()) == model::ModelKind::text_encoder
                  ? model::read_encoder_config(folder_.path())
                  : model::read_decoder_config(folder_.path());
    add_tensors();
    write(folder_.path() / "model.safetensors", bytes());
  }
  [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }
  [[nodiscard]] const model::DecoderConfig& config() const { return config_; }

 private:
  struct Tensor {
    std::string name;
    std::vector<std::uint64_t> shape;
    float centre = 0;
  };

  void add(const std::string& name, std::vector<std::uint64_t> shape, float centre = 0) {
    if (!name.empty()) tensors_.push_back({name, std::move(shape), centre});
  }
  void add_norm(const std::string& prefix, std::string_view name, std::uint64_t size) {
    if (name.empty()) return;
    add(prefix + std::string(name) + ".weight", {size}, config_.norm_weights_from_one ? 0 : 1);
    if (config_.norm == model::NormKind::layer) add(prefix + std::string(name) + ".bias", {size});
  }
  void add_linear(const std::string& prefix, std::string_view name, std::uint64_t out,
                  std::uint64_t in, bool has_bias) {
    if (name.empty()) return;
    const bool is_transposed = config_.tensors.are_matrices_transposed;
    add(prefix + std::string(name) + ".weight",
        is_transposed ? std::vector{in, out} : std::vector{out, in});
    if (has_bias) add(prefix + std::string(name) + ".bias", {out});
  }
  void add_table(std::string_view name, std::uint64_t rows) {
    if (rows > 0)
      add(std::string(config_.tensors.root) + std::string(name) + ".weight",
          {rows, config_.hidden_size});
  }
  void add_layer(const std::string& prefix) {
    const model::TensorNames& names = config_.tensors;
    const std::uint64_t width = config_.hidden_size, inner = config_.intermediate_size;
    const std::uint64_t query = std::uint64_t{config_.heads} * config_.head_size;
    const std::uint64_t key = std::uint64_t{config_.kv_heads} * config_.head_size;
    add_norm(prefix, names.attention_norm, width);
    if (names.qkv_layout == model::QkvLayout::separate) {
      add_linear(prefix, names.qkv[0], query, width, config_.qkv_bias);
      add_linear(prefix, names.qkv[1], key, width, config_.qkv_bias);
      add_linear(prefix, names.qkv[2], key, width, config_.qkv_bias);
    } else {
      add_linear(prefix, names.qkv[0], query + 2 * key, width, config_.qkv_bias);
    }
    if (config_.query_key_norm != model::QueryKeyNorm::none) {
      const bool is_per_head = config_.query_key_norm == model::QueryKeyNorm::per_head;
      add_norm(prefix, names.query_norm, is_per_head ? config_.head_size : query);
      add_norm(prefix, names.key_norm, is_per_head ? config_.head_size : key);
    }
    add_linear(prefix, names.attention_out, width, query, config_.attention_out_bias);
    add_norm(prefix, names.attention_out_norm, width);
    add_norm(prefix, names.mlp_norm, width);
    add_linear(prefix, names.gate, inner, width, config_.mlp_bias);
    add_linear(prefix, names.up, config_.is_gated && names.gate.empty() ? 2 * inner : inner, width,
               config_.mlp_bias);
    add_linear(prefix, names.down, width, inner, config_.mlp_bias);
    add_norm(prefix, names.down_norm, width);
  }
  void add_tensors() {
    const model::TensorNames& names = config_.tensors;
    const std::string root(names.root);
    add_table(names.embedding, config_.vocabulary_size);
    add_table(names.positions, config_.learned_positions);
    add_table(names.token_types, config_.token_types);
    add_norm(root, names.embedding_norm, config_.hidden_size);
    for (std::size_t layer = 0; layer < config_.layers.size(); ++layer)
      add_layer(root + std::string(names.layers) + std::to_string(layer) + ".");
    add_norm(root, names.final_norm, config_.hidden_size);
    if (config_.has_head && !config_.tied_head)
      add(std::string(names.head) + ".weight", {config_.vocabulary_size, config_.hidden_size});
  }

  /// A normal random number by Box and Muller.
  static float normal(std::uint64_t stage, std::uint64_t item) {
    constexpr double kUnit = 1.0 / 9007199254740992.0;
    const double u = (static_cast<double>(core::random_word(1, stage, item) >> 11) + 0.5) * kUnit;
    const double v = static_cast<double>(core::random_word(2, stage, item) >> 11) * kUnit;
    return static_cast<float>(std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v));
  }
  [[nodiscard]] std::string bytes() const {
    nlohmann::json header;
    std::string data;
    for (std::size_t tensor = 0; tensor < tensors_.size(); ++tensor) {
      const Tensor& one = tensors_[tensor];
      std::uint64_t size = 1;
      for (const std::uint64_t extent : one.shape) size *= extent;
      const std::size_t begin = data.size();
      for (std::uint64_t item = 0; item < size; ++item) {
        const float value = one.centre + 0.15F * normal(tensor, item);
        const auto word = std::bit_cast<std::uint32_t>(value);
        for (int byte = type_ == FileType::bf16 ? 2 : 0; byte < 4; ++byte)
          data += static_cast<char>(word >> (8 * byte));
      }
      header[one.name] = {{"dtype", type_ == FileType::bf16 ? "BF16" : "F32"},
                          {"shape", one.shape},
                          {"data_offsets", {begin, data.size()}}};
    }
    std::string text = header.dump();  // filled up, as safetensors' own writer does
    text.resize((text.size() + 7) / 8 * 8, ' ');
    return safetensors_bytes(text, data);
  }

  const TemporaryFolder folder_;
  const FileType type_;
  model::DecoderConfig config_;
  std::vector<Tensor> tensors_;
};

/// One small configuration of each family, with what makes it different.
inline std::vector<nlohmann::json> family_configs() {
  const nlohmann::json shape = {{"vocab_size", 301},        {"hidden_size", 60},
                                {"intermediate_size", 92},  {"num_hidden_layers", 3},
                                {"num_attention_heads", 6}, {"num_key_value_heads", 2},
                                {"head_dim", 10},           {"max_position_embeddings", 256}};
  const auto with = [&](const char* architecture, const nlohmann::json& more) {
    nlohmann::json config = shape;
    config.update(more);
    config["architectures"] = {architecture};
    return config;
  };
  return {
      with("LlamaForCausalLM", nlohmann::json::object()),
      with("MistralForCausalLM", {{"sliding_window", 13}}),
      with("Qwen2ForCausalLM", nlohmann::json::object()),
      with("Qwen3ForCausalLM", nlohmann::json::object()),
      with("Olmo2ForCausalLM", nlohmann::json::object()),
      with("Phi3ForCausalLM", {{"original_max_position_embeddings", 40},
                               {"rope_scaling",
                                {{"type", "longrope"},
                                 {"short_factor", {1.0, 1.1, 1.3, 1.5, 1.6}},
                                 {"long_factor", {1.0, 1.7, 2.9, 5.5, 7.0}}}}}),
      with("Gemma2ForCausalLM", {{"sliding_window", 13}}),
      with("Gemma3ForCausalLM", {{"sliding_window", 13}, {"sliding_window_pattern", 2}}),
      with("GPT2LMHeadModel", {{"n_embd", 60},
                               {"n_layer", 3},
                               {"n_head", 6},
                               {"n_positions", 256},
                               {"num_key_value_heads", 6}}),
      with("GPTNeoXForCausalLM", {{"num_key_value_heads", 6}, {"rotary_pct", 0.4}}),
  };
}

/// Texts of 2 to 120 tokens, the first ones with a common beginning.
inline std::vector<std::vector<std::int32_t>> random_texts(std::uint32_t vocabulary) {
  std::vector<std::vector<std::int32_t>> texts;
  for (std::uint64_t text = 0; text < 9; ++text) {
    texts.emplace_back(text == 0 ? 2 : 12 * text + 24);
    for (std::uint64_t at = 0; at < texts.back().size(); ++at)
      texts.back()[at] = static_cast<std::int32_t>(
          core::random_word(3, text < 4 && at < 12 ? 0 : text, at) % vocabulary);
  }
  return texts;
}

}  // namespace winnow::test
