#include <array>
#include <utility>

#include "tokenizer/definition_parts.hpp"
#include "tokenizer/unicode_text.hpp"

namespace winnow::tokenizer {
namespace {

constexpr std::string_view kSupported =
    "Sequence, Split, Digits, Punctuation, BertPreTokenizer, Whitespace, WhitespaceSplit, "
    "ByteLevel, Metaspace";

SplitBehavior parse_behavior(const JsonValue& value) {
  const std::string& name = value.string();
  if (name == "Isolated") return SplitBehavior::isolated;
  if (name == "Removed") return SplitBehavior::removed;
  if (name == "Contiguous") return SplitBehavior::contiguous;
  if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
  if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
  fail_unsupported(value, "behavior", name,
                   "Isolated, Removed, Contiguous, MergedWithPrevious, MergedWithNext");
}

PunctuationStep parse_punctuation(const JsonValue& value) {
  const std::optional<JsonValue> behavior = value.find("behavior");
  return {behavior ? parse_behavior(*behavior) : SplitBehavior::isolated};
}

}  // namespace

std::string parse_replacement(const JsonValue& value) {
  const JsonValue replacement = value.at("replacement");
  std::size_t end = 0;
  if (!replacement.string().empty()) next_character(replacement.string(), end);
  if (end == 0 || end != replacement.string().size())
    replacement.fail("is not one character, which it must be");
  return replacement.string();
}

PrependScheme parse_prepend_scheme(const JsonValue& value) {
  const std::optional<JsonValue> scheme = value.find("prepend_scheme");
  const bool adds_space = flag(value, "add_prefix_space", true);
  if (!adds_space && (!scheme || scheme->string() != "never"))
    value.fail("has add_prefix_space false, expected prepend_scheme `never` beside it");
  if (!scheme) return PrependScheme::always;
  if (scheme->string() == "first") return PrependScheme::first;
  if (scheme->string() == "always") return PrependScheme::always;
  if (scheme->string() == "never") return PrependScheme::never;
  fail_unsupported(value, "prepend_scheme", scheme->string(), "first, always, never");
}

void append_pre_tokenizer(const JsonValue& value, std::vector<PreTokenizerStep>& steps) {
  const std::string& type = value.at("type").string();
  if (!steps.empty() && std::holds_alternative<ByteLevelStep>(steps.back()))
    value.fail("comes after ByteLevel, expected ByteLevel to be the last step");
  if (type == "Sequence") {
    for (const JsonValue& item : value.at("pretokenizers").items())
      append_pre_tokenizer(item, steps);
  } else if (type == "Split") {
    steps.emplace_back(SplitStep{parse_pattern(value.at("pattern")),
                                 parse_behavior(value.at("behavior")),
                                 flag(value, "invert", false)});
  } else if (type == "Digits") {
    steps.emplace_back(DigitsStep{flag(value, "individual_digits", false)});
  } else if (type == "Punctuation") {
    steps.emplace_back(parse_punctuation(value));
  } else if (type == "BertPreTokenizer") {
    steps.emplace_back(BertStep{});
  } else if (type == "Whitespace") {
    steps.emplace_back(WhitespaceStep{});
  } else if (type == "WhitespaceSplit") {
    steps.emplace_back(WhitespaceSplitStep{});
  } else if (type == "ByteLevel") {
    steps.emplace_back(
        ByteLevelStep{flag(value, "add_prefix_space", true), flag(value, "use_regex", true)});
  } else if (type == "Metaspace") {
    steps.emplace_back(MetaspaceStep{parse_replacement(value), parse_prepend_scheme(value),
                                     flag(value, "split", true)});
  } else {
    fail_unsupported(value, "type", type, kSupported);
  }
}

}  // namespace winnow::tokenizer
