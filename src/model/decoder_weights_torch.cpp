#include "model/decoder_weights_torch.hpp"

#include <cstring>
#include <string>
#include <utility>

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/TensorOperators.h>
#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::model {
namespace {

at::ScalarType element_type(const TensorView& view, const std::string& name,
                            const std::filesystem::path& file) {
  if (view.dtype == "F32") return at::kFloat;
  if (view.dtype == "F16") return at::kHalf;
  if (view.dtype == "BF16") return at::kBFloat16;
  throw core::ModelError(fmt::format("{}: tensor `{}` is of type {}, expected F32, F16 or BF16",
                                     file.string(), name, view.dtype));
}

/// One matrix of a layer's product and how many outputs it has.
struct Part {
  std::string name;
  std::uint64_t outputs = 0;
};

/// Tensors of the mapped files in the type and on the device where they are used.
class Loader {
 public:
  Loader(const DecoderConfig& config, std::shared_ptr<WeightFiles> files, Arithmetic arithmetic,
         const at::Device& device, std::vector<at::Tensor>* mapped)
      : config_(config),
        files_(std::move(files)),
        matrix_type_(arithmetic == Arithmetic::fp32 ? at::kFloat : at::kBFloat16),
        joins_parts_(joins_parts(arithmetic)),
        device_(device),
        mapped_(mapped) {}

  at::Tensor matrix(const std::string& name, std::uint64_t out, std::uint64_t in) {
    return load(name, {out, in}, matrix_type_);
  }
  at::Tensor table(const std::string& name, std::uint64_t rows) {
    return load(name, {rows, config_.hidden_size}, at::kFloat).clone();
  }
  /// The parts as one product.
  Linear linear(const std::vector<Part>& parts, std::uint64_t in, bool has_bias) {
    Linear linear;
    std::vector<at::Tensor> biases;
    for (const Part& part : parts) {
      linear.parts.push_back(config_.tensors.are_matrices_transposed
                                 ? matrix(part.name + ".weight", in, part.outputs).t().contiguous()
                                 : matrix(part.name + ".weight", part.outputs, in));
      if (has_bias) biases.push_back(vector(part.name + ".bias", part.outputs));
    }
    if (parts.size() > 1 && !joins_parts_) linear.parts = {at::cat(linear.parts)};
    if (has_bias) linear.bias = at::cat(biases);
    return linear;
  }
  Norm norm(const std::string& name, std::uint64_t size) {
    Norm norm{vector(name + ".weight", size), {}};
    if (config_.norm_weights_from_one) norm.weight = norm.weight + 1;
    if (config_.norm == NormKind::layer) norm.bias = vector(name + ".bias", size);
    return norm;
  }
  [[nodiscard]] std::uint64_t parameters() const { return parameters_; }

 private:
  at::Tensor vector(const std::string& name, std::uint64_t size) {
    return load(name, {size}, at::kFloat);
  }
  at::Tensor load(const std::string& name, const std::vector<std::uint64_t>& shape,
                  at::ScalarType type) {
    const TensorView view = files_->take(name, shape);
    const std::vector<std::int64_t> sizes(shape.begin(), shape.end());
    const at::ScalarType found = element_type(view, name, files_->file_of(name));
    const bool is_aligned =
        reinterpret_cast<std::uintptr_t>(view.bytes.data()) % at::elementSize(found) == 0;
    at::Tensor raw;
    if (device_.is_meta()) {
      raw = at::empty(sizes, at::TensorOptions(found).device(device_));
    } else if (is_aligned) {
      // Read only. The mapping lives as long as a tensor that looks at it.
      raw = at::from_blob(
          const_cast<std::byte*>(view.bytes.data()), sizes, [files = files_](void*) {}, found);
    } else {
      raw = at::empty(sizes, found);
      std::memcpy(raw.mutable_data_ptr(), view.bytes.data(), view.bytes.size());
    }
    if (mapped_ != nullptr && is_aligned) mapped_->push_back(raw);
    parameters_ += static_cast<std::uint64_t>(raw.numel());
    return raw.to(device_, type);
  }

  const DecoderConfig& config_;
  std::shared_ptr<WeightFiles> files_;
  at::ScalarType matrix_type_;
  bool joins_parts_;
  at::Device device_;
  std::vector<at::Tensor>* mapped_;
  std::uint64_t parameters_ = 0;
};

/// Rows of the first head's query, key and value, then of the next head's, put in the order of all
/// queries, all keys, all values.
at::Tensor ungrouped(const at::Tensor& rows, const DecoderConfig& config) {
  return rows.unflatten(0, {config.heads, 3, config.head_size}).transpose(0, 1).flatten(0, 2);
}

Linear load_qkv(Loader& loader, const DecoderConfig& config, const std::string& prefix) {
  const TensorNames& names = config.tensors;
  const std::uint64_t query = std::uint64_t{config.heads} * config.head_size;
  const std::uint64_t key = std::uint64_t{config.kv_heads} * config.head_size;
  const auto name = [&](std::size_t part) { return prefix + std::string(names.qkv[part]); };
  if (names.qkv_layout == QkvLayout::separate)
    return loader.linear({{name(0), query}, {name(1), key}, {name(2), key}}, config.hidden_size,
                         config.qkv_bias);
  Linear all = loader.linear({{name(0), query + 2 * key}}, config.hidden_size, config.qkv_bias);
  if (names.qkv_layout == QkvLayout::stacked) return all;
  all.parts = {ungrouped(all.parts.front(), config).contiguous()};
  if (all.bias.defined()) all.bias = ungrouped(all.bias, config).contiguous();
  return all;
}

/// One matrix where the file has one, else gate and up.
Linear load_gate_up(Loader& loader, const DecoderConfig& config, const std::string& prefix) {
  const TensorNames& names = config.tensors;
  const std::uint64_t inner = config.intermediate_size;
  const std::string up = prefix + std::string(names.up);
  if (!names.gate.empty())
    return loader.linear({{prefix + std::string(names.gate), inner}, {up, inner}},
                         config.hidden_size, config.mlp_bias);
  return loader.linear({{up, config.is_gated ? 2 * inner : inner}}, config.hidden_size,
                       config.mlp_bias);
}

DecoderLayer load_layer(Loader& loader, const DecoderConfig& config, const std::string& prefix) {
  const TensorNames& names = config.tensors;
  const std::uint64_t width = config.hidden_size;
  const std::uint64_t query = std::uint64_t{config.heads} * config.head_size;
  const std::uint64_t key = std::uint64_t{config.kv_heads} * config.head_size;
  const auto full = [&](std::string_view name) { return prefix + std::string(name); };
  const auto norm = [&](std::string_view name) {
    return name.empty() ? Norm() : loader.norm(full(name), width);
  };
  DecoderLayer layer;
  layer.attention_norm = norm(names.attention_norm);
  layer.qkv = load_qkv(loader, config, prefix);
  if (config.query_key_norm != QueryKeyNorm::none) {
    const bool is_per_head = config.query_key_norm == QueryKeyNorm::per_head;
    layer.query_norm = loader.norm(full(names.query_norm), is_per_head ? config.head_size : query);
    layer.key_norm = loader.norm(full(names.key_norm), is_per_head ? config.head_size : key);
  }
  layer.attention_out =
      loader.linear({{full(names.attention_out), width}}, query, config.attention_out_bias);
  layer.attention_out_norm = norm(names.attention_out_norm);
  layer.mlp_norm = norm(names.mlp_norm);
  layer.gate_up = load_gate_up(loader, config, prefix);
  layer.down =
      loader.linear({{full(names.down), width}}, config.intermediate_size, config.mlp_bias);
  layer.down_norm = norm(names.down_norm);
  return layer;
}

/// Files may repeat a tied head; it is accepted where it says nothing new.
void take_tied_head(WeightFiles& files, const DecoderConfig& config, const std::string& embedding,
                    const std::string& head) {
  if (!config.tied_head || !files.contains(head)) return;
  const std::vector<std::uint64_t> shape = {config.vocabulary_size, config.hidden_size};
  const TensorView repeated = files.take(head, shape);
  const TensorView original = files.take(embedding, shape);
  if (repeated.dtype != original.dtype ||
      std::memcmp(repeated.bytes.data(), original.bytes.data(), repeated.bytes.size()) != 0)
    throw core::ModelError(
        fmt::format("{}: tensor `{}` differs from `{}`, expected equal ones: config.json says "
                    "`tie_word_embeddings`",
                    files.folder().string(), head, embedding));
}

}  // namespace

DecoderWeights load_decoder_weights(const DecoderConfig& config,
                                    const std::shared_ptr<WeightFiles>& files,
                                    Arithmetic arithmetic, const at::Device& device,
                                    std::vector<at::Tensor>* mapped) {
  const TensorNames& names = config.tensors;
  const std::string embedding = fmt::format("{}.weight", names.embedding);
  const std::string root(files->contains(embedding) ? "" : names.root);
  const auto full = [&](std::string_view name) { return fmt::format("{}{}", root, name); };

  Loader loader(config, files, arithmetic, device, mapped);
  DecoderWeights weights;
  weights.embedding = loader.matrix(root + embedding, config.vocabulary_size, config.hidden_size);
  if (config.learned_positions > 0)
    weights.positions = loader.table(full(names.positions) + ".weight", config.learned_positions);
  if (config.token_types > 0)
    weights.positions.add_(
        loader.table(full(names.token_types) + ".weight", config.token_types).select(0, 0));
  if (!names.embedding_norm.empty())
    weights.embedding_norm = loader.norm(full(names.embedding_norm), config.hidden_size);
  for (std::size_t layer = 0; layer < config.layers.size(); ++layer) {
    const std::string prefix = fmt::format("{}{}{}.", root, names.layers, layer);
    weights.layers.push_back(load_layer(loader, config, prefix));
    weights.layers.back().config = config.layers[layer];
    for (const std::string_view name : names.redundant_in_layer)
      files->pass_over(prefix + std::string(name));
  }
  for (const std::string_view name : names.redundant) files->pass_over(full(name));
  if (!names.final_norm.empty())
    weights.final_norm = loader.norm(full(names.final_norm), config.hidden_size);
  const std::string head = fmt::format("{}.weight", names.head);
  if (config.has_head)
    weights.head = config.tied_head
                       ? weights.embedding
                       : loader.matrix(head, config.vocabulary_size, config.hidden_size);
  if (device.is_meta())
    files->pass_over(head);
  else
    take_tied_head(*files, config, root + embedding, head);
  files->expect_all_taken();
  weights.parameters = loader.parameters();
  return weights;
}

}  // namespace winnow::model
