#pragma once

#include <cstdint>
#include <filesystem>

namespace winnow::model {

/// What becomes of an encoder's last hidden states.
enum class SentencePooling {
  first_token,
  last_token,
  mean,    ///< over all tokens
  maximum  ///< of each element over all tokens
};

struct SentenceTransformer {
  SentencePooling pooling = SentencePooling::mean;
  bool normalizes = false;          ///< to length 1
  std::uint32_t max_positions = 0;  ///< longest text, special tokens included; 0: the model's
};

/// Reads modules.json, the pooling's config.json and sentence_bert_config.json as
/// sentence-transformers writes them. Without modules.json its own default holds: the mean of all
/// tokens.
/// @throws core::ModelError naming file and field for a module or a way of pooling that winnow does
/// not follow
[[nodiscard]] SentenceTransformer read_sentence_transformer(const std::filesystem::path& folder);

}  // namespace winnow::model
