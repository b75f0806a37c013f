#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tokenizer/definition.hpp"
#include "tokenizer/regular_expression.hpp"
#include "tokenizer/unicode_text.hpp"

namespace winnow::tokenizer {

/// What the model tokenizes on its own: bytes `place` of a text, after one more space where
/// `has_prefix`. A prefix may stand alone.
struct Word {
  ByteSpan place;
  bool has_prefix = false;
};

/// Cuts texts into words by the steps of tokenizer.json's pre_tokenizer.
class PreTokenizer {
 public:
  /// @param file  its name in messages
  /// @throws core::ModelError for a regular expression that is malformed or not supported.
  PreTokenizer(std::span<const PreTokenizerStep> steps, const std::string& file);

  /// Words in the order of the text; what no word covers was removed. `text` must be valid UTF-8.
  [[nodiscard]] std::vector<Word> split(std::string_view text) const;

 private:
  struct AddPrefixSpace {};
  struct Literal {
    std::string text;
  };
  struct Cut {
    std::variant<RegularExpression, Literal, DigitsStep> delimiter;
    SplitBehavior behavior = SplitBehavior::isolated;
    bool invert = false;
  };
  using Step = std::variant<AddPrefixSpace, Cut>;

  void add(const SplitStep& step, const std::string& file);
  void add(const DigitsStep& step, const std::string& file);
  void add(const ByteLevelStep& step, const std::string& file);
  [[nodiscard]] static std::vector<ByteSpan> delimiters(const Cut& cut, std::string_view text);
  static void apply(const AddPrefixSpace& step, std::string_view text, const Word& word,
                    std::vector<Word>& out);
  static void apply(const Cut& cut, std::string_view text, const Word& word,
                    std::vector<Word>& out);

  std::vector<Step> steps_;
};

}  // namespace winnow::tokenizer
