#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tokenizer/definition.hpp"
#include "tokenizer/normalized_text.hpp"
#include "tokenizer/pattern_finder.hpp"

namespace winnow::tokenizer {

/// A text and the stretches of it that the model tokenizes each on its own, in order, none empty.
/// What no word covers was removed.
struct Words {
  const NormalizedText* given = nullptr;
  std::optional<NormalizedText> rewritten;  ///< takes the place of `given`
  std::vector<ByteSpan> places;

  [[nodiscard]] const NormalizedText& text() const { return rewritten ? *rewritten : *given; }
};

/// Cuts texts into words by the steps of tokenizer.json's pre_tokenizer.
class PreTokenizer {
 public:
  /// @param file  its name in messages
  /// @throws core::ModelError for a regular expression that is malformed or not supported.
  PreTokenizer(std::span<const PreTokenizerStep> steps, const std::string& file);

  /// Bytes `place` of `text`, which is valid UTF-8 and must outlive the words.
  [[nodiscard]] Words split(const NormalizedText& text, ByteSpan place) const;

 private:
  enum class CharacterClass { white_space, punctuation, numeric };
  struct WordRuns {};  // of \w, and of what is neither \w nor white space
  struct Cut {
    std::variant<PatternFinder, CharacterClass, WordRuns> delimiter;
    SplitBehavior behavior = SplitBehavior::isolated;
    bool invert = false;
  };
  struct AddPrefixSpace {};
  using Step = std::variant<AddPrefixSpace, MetaspaceStep, Cut>;

  void add(const SplitStep& step, const std::string& file);
  void add(const DigitsStep& step, const std::string& file);
  void add(const PunctuationStep& step, const std::string& file);
  void add(const BertStep& step, const std::string& file);
  void add(const WhitespaceStep& step, const std::string& file);
  void add(const WhitespaceSplitStep& step, const std::string& file);
  void add(const ByteLevelStep& step, const std::string& file);
  void add(const MetaspaceStep& step, const std::string& file);
  [[nodiscard]] static bool belongs(CharacterClass which, char32_t character);
  [[nodiscard]] static std::vector<ByteSpan> delimiters(const Cut& cut, std::string_view text);
  static void apply(const AddPrefixSpace& step, Words& words);
  static void apply(const MetaspaceStep& step, Words& words);
  static void apply(const Cut& cut, Words& words);

  std::vector<Step> steps_;
};

}  // namespace winnow::tokenizer
