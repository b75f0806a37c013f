#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tokenizer/tokenizer.hpp"

namespace winnow::tokenizer {

/// What a tokenizer.json says, in the parts that winnow runs: byte-level BPE as GPT-2, Llama-3,
/// Qwen and SmolLM2 have it.
struct AddedToken {
  TokenId id = 0;
  std::string content;
  bool single_word = false;
  bool lstrip = false;
  bool rstrip = false;
  bool normalized = false;
  bool special = false;
};

enum class NormalizerStep { nfc };

enum class SplitBehavior { isolated, removed, contiguous };

struct SplitStep {
  std::string pattern;
  bool is_regex = true;
  SplitBehavior behavior = SplitBehavior::isolated;
  bool invert = false;
};
struct DigitsStep {
  bool individual = false;
};
struct ByteLevelStep {
  bool add_prefix_space = false;
  bool use_regex = true;
};
using PreTokenizerStep = std::variant<SplitStep, DigitsStep, ByteLevelStep>;

struct VocabularyEntry {
  std::string token;  ///< in the byte alphabet
  TokenId id = 0;
};
struct Merge {
  TokenId left = 0;
  TokenId right = 0;
  TokenId result = 0;
};
struct BpeDefinition {
  std::vector<VocabularyEntry> vocabulary;  ///< each token and each id once; ids may have holes
  std::vector<Merge> merges;                ///< by rising rank
  bool ignore_merges = false;               ///< a word that is a token stays whole
  std::optional<TokenId> unknown;           ///< for bytes that have no token
  bool fuse_unknown = false;                ///< one for neighbouring bytes
};

struct PostProcessor {
  /// Whitespace at a token's ends does not count into its offsets.
  bool trim_offsets = false;
  bool add_prefix_space =
      false;                    ///< with trim_offsets: one space at the text's beginning was added
  std::vector<TokenId> before;  ///< what add_special_tokens puts around a text
  std::vector<TokenId> after;
};

struct Definition {
  std::vector<AddedToken> added_tokens;
  std::vector<NormalizerStep> normalizer;
  std::vector<PreTokenizerStep> pre_tokenizer;  ///< the last is the only ByteLevel
  BpeDefinition model;
  PostProcessor post_processor;
};

/// Ids run from 0 to kMaxVocabulary - 1.
inline constexpr TokenId kMaxVocabulary = 16'777'216;

/// @param file  its name in messages
/// @throws core::ModelError naming the part that is missing, malformed or not supported.
[[nodiscard]] Definition parse_definition(std::string_view json, const std::string& file);

}  // namespace winnow::tokenizer
