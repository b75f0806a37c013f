#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"

namespace winnow::test {

inline void write(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

/// The bytes of a safetensors file with this header text, header and data as given.
inline std::string safetensors_bytes(const std::string& header, const std::string& data) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(header.size() >> (8 * i) & 0xFF);
  return bytes + header + data;
}

struct TinyTensor {
  std::string name;
  std::vector<std::uint64_t> shape;
};

/// A sound file of zeros in F32.
inline std::string safetensors_of(const std::vector<TinyTensor>& tensors) {
  nlohmann::json header = {{"__metadata__", {{"format", "pt"}}}};
  std::uint64_t end = 0;
  for (const TinyTensor& tensor : tensors) {
    const std::uint64_t begin = end;
    std::uint64_t size = 4;
    for (const std::uint64_t extent : tensor.shape) size *= extent;
    end += size;
    header[tensor.name] = {
        {"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
  }
  return safetensors_bytes(header.dump(), std::string(end, '\0'));
}

inline nlohmann::json tiny_config() {
  return {{"architectures", {"LlamaForCausalLM"}},
          {"vocab_size", 11},
          {"hidden_size", 8},
          {"intermediate_size", 12},
          {"num_hidden_layers", 1},
          {"num_attention_heads", 2},
          {"num_key_value_heads", 1},
          {"max_position_embeddings", 32},
          {"rms_norm_eps", 1e-5},
          {"rope_theta", 10000.0},
          {"tie_word_embeddings", true}};
}

/// The tensors that tiny_config asks for.
inline std::vector<TinyTensor> tiny_tensors() {
  const std::string layer = "model.layers.0.";
  return {{"model.embed_tokens.weight", {11, 8}},
          {layer + "input_layernorm.weight", {8}},
          {layer + "self_attn.q_proj.weight", {8, 8}},
          {layer + "self_attn.k_proj.weight", {4, 8}},
          {layer + "self_attn.v_proj.weight", {4, 8}},
          {layer + "self_attn.o_proj.weight", {8, 8}},
          {layer + "post_attention_layernorm.weight", {8}},
          {layer + "mlp.gate_proj.weight", {12, 8}},
          {layer + "mlp.up_proj.weight", {12, 8}},
          {layer + "mlp.down_proj.weight", {8, 12}},
          {"model.norm.weight", {8}}};
}

/// Runs `call` and returns the message of the ModelError it must throw.
template <typename Call>
std::string model_error(Call call) {
  try {
    call();
  } catch (const core::ModelError& error) {
    EXPECT_EQ(error.code(), core::ExitCode::model);
    return error.what();
  }
  ADD_FAILURE() << "expected a ModelError";
  return {};
}

}  // namespace winnow::test
