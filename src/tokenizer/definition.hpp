#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tokenizer/tokenizer.hpp"

namespace winnow::tokenizer {

// What a tokenizer.json says, as data: steps and a model, named as the file names them.

struct AddedToken {
  TokenId id = 0;
  std::string content;
  bool single_word = false;
  bool lstrip = false;
  bool rstrip = false;
  bool normalized = false;
  bool special = false;
  bool operator==(const AddedToken&) const = default;
};

/// A text that is looked for: a regular expression or the text itself.
struct Pattern {
  std::string text;
  bool is_regex = true;
  bool operator==(const Pattern&) const = default;
};

enum class UnicodeForm { nfc, nfd, nfkc, nfkd };

struct BertNormalizerStep {
  bool clean_text = true;
  bool handle_chinese_chars = true;
  bool strip_accents = true;
  bool lowercase = true;
  bool operator==(const BertNormalizerStep&) const = default;
};
struct LowercaseStep {
  bool operator==(const LowercaseStep&) const = default;
};
struct StripStep {
  bool left = true;
  bool right = true;
  bool operator==(const StripStep&) const = default;
};
struct StripAccentsStep {
  bool operator==(const StripAccentsStep&) const = default;
};
struct NmtStep {
  bool operator==(const NmtStep&) const = default;
};
struct ReplaceStep {
  Pattern pattern;
  std::string content;
  bool operator==(const ReplaceStep&) const = default;
};
struct PrependStep {
  std::string text;
  bool operator==(const PrependStep&) const = default;
};
struct PrecompiledStep {
  std::string charsmap;  ///< SentencePiece's compiled rules, decoded from base64
  bool operator==(const PrecompiledStep&) const = default;
};
using NormalizerStep =
    std::variant<UnicodeForm, BertNormalizerStep, LowercaseStep, StripStep, StripAccentsStep,
                 NmtStep, ReplaceStep, PrependStep, PrecompiledStep>;

enum class SplitBehavior { isolated, removed, contiguous, merged_with_previous, merged_with_next };

struct SplitStep {
  Pattern pattern;
  SplitBehavior behavior = SplitBehavior::isolated;
  bool invert = false;
  bool operator==(const SplitStep&) const = default;
};
struct DigitsStep {
  bool individual = false;
  bool operator==(const DigitsStep&) const = default;
};
struct PunctuationStep {
  SplitBehavior behavior = SplitBehavior::isolated;
  bool operator==(const PunctuationStep&) const = default;
};
struct BertStep {
  bool operator==(const BertStep&) const = default;
};
struct WhitespaceStep {
  bool operator==(const WhitespaceStep&) const = default;
};
struct WhitespaceSplitStep {
  bool operator==(const WhitespaceSplitStep&) const = default;
};
struct ByteLevelStep {
  bool add_prefix_space = false;
  bool use_regex = true;
  bool operator==(const ByteLevelStep&) const = default;
};
enum class PrependScheme { first, always, never };
struct MetaspaceStep {
  std::string replacement;  ///< one character
  PrependScheme prepend = PrependScheme::always;
  bool split = true;
  bool operator==(const MetaspaceStep&) const = default;
};
using PreTokenizerStep =
    std::variant<SplitStep, DigitsStep, PunctuationStep, BertStep, WhitespaceStep,
                 WhitespaceSplitStep, ByteLevelStep, MetaspaceStep>;

struct VocabularyEntry {
  std::string token;  ///< as the file spells it
  TokenId id = 0;
  bool operator==(const VocabularyEntry&) const = default;
};
struct Merge {
  TokenId left = 0;
  TokenId right = 0;
  TokenId result = 0;
  bool operator==(const Merge&) const = default;
};
struct BpeDefinition {
  std::vector<VocabularyEntry> vocabulary;  ///< each token and each id once; ids may have holes
  std::vector<Merge> merges;                ///< by rising rank
  bool is_byte_level = false;               ///< tokens are spelt in the byte alphabet
  bool ignore_merges = false;               ///< a word that is a token stays whole
  bool byte_fallback = false;               ///< a character without a token becomes <0x..> tokens
  std::optional<TokenId> unknown;           ///< for characters that have no token
  bool fuse_unknown = false;                ///< one for neighbouring characters
  bool operator==(const BpeDefinition&) const = default;
};
struct WordPieceDefinition {
  std::vector<VocabularyEntry> vocabulary;  ///< each token and each id once; ids may have holes
  TokenId unknown = 0;
  std::string continuing_prefix;  ///< of tokens that do not begin a word
  std::size_t max_word_characters = 100;
  bool operator==(const WordPieceDefinition&) const = default;
};
struct UnigramDefinition {
  std::vector<VocabularyEntry> vocabulary;  ///< ids rise from 0; of equal tokens the last counts
  std::vector<double> scores;               ///< by id
  std::optional<TokenId> unknown;
  bool byte_fallback = false;
  bool operator==(const UnigramDefinition&) const = default;
};
using ModelDefinition = std::variant<BpeDefinition, WordPieceDefinition, UnigramDefinition>;

struct PostProcessor {
  /// Whitespace at a token's ends does not count into its offsets.
  bool trim_offsets = false;
  bool add_prefix_space =
      false;                    ///< with trim_offsets: one space at the text's beginning was added
  std::vector<TokenId> before;  ///< what add_special_tokens puts around a text
  std::vector<TokenId> after;
  bool operator==(const PostProcessor&) const = default;
};

struct ByteLevelDecoder {
  bool operator==(const ByteLevelDecoder&) const = default;
};
struct ByteFallbackDecoder {
  bool operator==(const ByteFallbackDecoder&) const = default;
};
struct FuseDecoder {
  bool operator==(const FuseDecoder&) const = default;
};
struct StripDecoder {
  std::string character;
  std::size_t start = 0;
  std::size_t stop = 0;
  bool operator==(const StripDecoder&) const = default;
};
struct WordPieceDecoder {
  std::string prefix;
  bool cleanup = true;
  bool operator==(const WordPieceDecoder&) const = default;
};
struct MetaspaceDecoder {
  std::string replacement;
  PrependScheme prepend = PrependScheme::always;
  bool operator==(const MetaspaceDecoder&) const = default;
};
using DecoderStep = std::variant<ByteLevelDecoder, ByteFallbackDecoder, FuseDecoder, StripDecoder,
                                 WordPieceDecoder, MetaspaceDecoder, ReplaceStep>;

struct Definition {
  std::vector<AddedToken> added_tokens;
  std::vector<NormalizerStep> normalizer;
  std::vector<PreTokenizerStep> pre_tokenizer;  ///< nothing stands behind a ByteLevel
  ModelDefinition model;
  PostProcessor post_processor;
  /// nullopt: the file has none, and tokens are joined by spaces.
  std::optional<std::vector<DecoderStep>> decoder;
  bool operator==(const Definition&) const = default;
};

[[nodiscard]] const std::vector<VocabularyEntry>& vocabulary_of(const ModelDefinition& model);

/// Ids run from 0 to kMaxVocabulary - 1.
inline constexpr TokenId kMaxVocabulary = 4'194'304;

/// Of an added token's content, as it stands in the file and normalized.
inline constexpr std::size_t kMaxAddedTokenBytes = 1024;

/// @param file  its name in messages
/// @throws core::ModelError naming the part that is missing, malformed or not supported.
[[nodiscard]] Definition parse_definition(std::string_view json, const std::string& file);

}  // namespace winnow::tokenizer
