#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "model/language_model.hpp"

namespace winnow::model {

/// A bidirectional encoder (BERT, RoBERTa) with the pooling and normalisation that its
/// sentence-transformers folder states. On one device. No torch types.
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;
  /// `max_positions`: the longest text that the folder lets in (SentenceTransformer), special
  /// tokens included.
  [[nodiscard]] virtual const ModelInfo& info() const = 0;

  [[nodiscard]] virtual const PassTimes& times() const = 0;

  /// One embedding of each text's ids, special tokens included. [texts, info().hidden_size]
  /// row-major. Equal batches give equal bits at equal threads.
  [[nodiscard]] virtual std::vector<float> embed(
      std::span<const std::span<const std::int32_t>> texts) = 0;
};

/// What config.json's `architectures` says that a folder holds.
enum class ModelKind { causal_language_model, text_encoder };

/// @throws core::ModelError as the loaders
[[nodiscard]] ModelKind kind_of_model(const std::filesystem::path& folder);

/// Loads config.json, *.safetensors and, where there is one, modules.json with its pooling and
/// normalisation.
/// @throws core::ModelError naming file, field or tensor
[[nodiscard]] std::unique_ptr<TextEncoder> load_text_encoder(const std::filesystem::path& folder,
                                                             const LoadOptions& options);

}  // namespace winnow::model
