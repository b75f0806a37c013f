#include <fmt/format.h>

#include <utility>

#include "core/error.hpp"
#include "tokenizer/base64.hpp"
#include "tokenizer/definition_parts.hpp"
#include "tokenizer/precompiled_map.hpp"
#include "tokenizer/unicode_text.hpp"

namespace winnow::tokenizer {
namespace {

constexpr std::string_view kSupported =
    "Sequence, BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Nmt, Replace, "
    "Prepend, Precompiled";

BertNormalizerStep parse_bert(const JsonValue& value) {
  BertNormalizerStep step;
  step.clean_text = flag(value, "clean_text", true);
  step.handle_chinese_chars = flag(value, "handle_chinese_chars", true);
  step.lowercase = flag(value, "lowercase", true);
  step.strip_accents = flag(value, "strip_accents", step.lowercase);
  return step;
}

PrecompiledStep parse_precompiled(const JsonValue& value) {
  const JsonValue map = value.at("precompiled_charsmap");
  std::optional<std::string> bytes = from_base64(map.string());
  if (!bytes) map.fail("is not base64");
  if (!PrecompiledMap::is_well_formed(*bytes)) map.fail("is not a compiled character map");
  return {*std::move(bytes)};
}

}  // namespace

Pattern parse_pattern(const JsonValue& value) {
  const std::optional<JsonValue> regex = value.find("Regex");
  Pattern pattern{regex ? regex->string() : value.at("String").string(), regex.has_value()};
  if (pattern.text.empty()) value.fail("is empty");
  return pattern;
}

ReplaceStep parse_replace(const JsonValue& value) {
  return {parse_pattern(value.at("pattern")), value.at("content").string()};
}

void append_normalizer(const JsonValue& value, std::vector<NormalizerStep>& steps) {
  const std::string& type = value.at("type").string();
  if (type == "Sequence") {
    for (const JsonValue& item : value.at("normalizers").items()) append_normalizer(item, steps);
  } else if (type == "BertNormalizer") {
    steps.emplace_back(parse_bert(value));
  } else if (type == "NFC") {
    steps.emplace_back(UnicodeForm::nfc);
  } else if (type == "NFD") {
    steps.emplace_back(UnicodeForm::nfd);
  } else if (type == "NFKC") {
    steps.emplace_back(UnicodeForm::nfkc);
  } else if (type == "NFKD") {
    steps.emplace_back(UnicodeForm::nfkd);
  } else if (type == "Lowercase") {
    steps.emplace_back(LowercaseStep{});
  } else if (type == "Strip") {
    steps.emplace_back(
        StripStep{value.at("strip_left").boolean(), value.at("strip_right").boolean()});
  } else if (type == "StripAccents") {
    steps.emplace_back(StripAccentsStep{});
  } else if (type == "Nmt") {
    steps.emplace_back(NmtStep{});
  } else if (type == "Replace") {
    steps.emplace_back(parse_replace(value));
  } else if (type == "Prepend") {
    steps.emplace_back(PrependStep{value.at("prepend").string()});
    if (value.at("prepend").string().empty()) value.fail("prepends nothing, expected a text");
  } else if (type == "Precompiled") {
    steps.emplace_back(parse_precompiled(value));
  } else {
    fail_unsupported(value, "type", type, kSupported);
  }
}

}  // namespace winnow::tokenizer
