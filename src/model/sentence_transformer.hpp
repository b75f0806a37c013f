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
  std::uint32_t max_positions = 0;  ///< longest text, special tokens included
};

/// Reads modules.json and the modules' files as sentence-transformers 2 to 6 writes them, and
/// config.json. Without modules.json its own default holds: the mean of all tokens. The longest
/// text is `max_seq_length`, else the smaller of what tokenizer_config.json says (its
/// `model_max_length`) and what the model takes.
/// @throws core::ModelError naming file and field for a module, a way of pooling, a default prompt
/// or a setting that winnow does not follow, and for a `max_seq_length` that the model cannot take
[[nodiscard]] SentenceTransformer read_sentence_transformer(const std::filesystem::path& folder);

}  // namespace winnow::model
