#include <limits>

#include "tokenizer/definition_parts.hpp"
#include "tokenizer/unicode_text.hpp"

namespace winnow::tokenizer {
namespace {

constexpr std::string_view kSupported =
    "Sequence, ByteLevel, ByteFallback, Fuse, Strip, WordPiece, Metaspace, Replace";

StripDecoder parse_strip(const JsonValue& value) {
  const auto count = [&](const char* key) {
    return static_cast<std::size_t>(value.at(key).index(std::numeric_limits<std::int32_t>::max()));
  };
  StripDecoder strip{value.at("content").string(), count("start"), count("stop")};
  std::size_t end = 0;
  if (!strip.character.empty()) next_character(strip.character, end);
  if (end == 0 || end != strip.character.size())
    value.at("content").fail("is not one character, which it must be");
  return strip;
}

}  // namespace

void append_decoder(const JsonValue& value, std::vector<DecoderStep>& steps) {
  const std::string& type = value.at("type").string();
  if (type == "Sequence") {
    for (const JsonValue& item : value.at("decoders").items()) append_decoder(item, steps);
  } else if (type == "ByteLevel") {
    steps.emplace_back(ByteLevelDecoder{});
  } else if (type == "ByteFallback") {
    steps.emplace_back(ByteFallbackDecoder{});
  } else if (type == "Fuse") {
    steps.emplace_back(FuseDecoder{});
  } else if (type == "Strip") {
    steps.emplace_back(parse_strip(value));
  } else if (type == "WordPiece") {
    steps.emplace_back(WordPieceDecoder{value.at("prefix").string(), flag(value, "cleanup", true)});
  } else if (type == "Metaspace") {
    steps.emplace_back(MetaspaceDecoder{parse_replacement(value), parse_prepend_scheme(value)});
  } else if (type == "Replace") {
    steps.emplace_back(parse_replace(value));
  } else {
    fail_unsupported(value, "type", type, kSupported);
  }
}

}  // namespace winnow::tokenizer
