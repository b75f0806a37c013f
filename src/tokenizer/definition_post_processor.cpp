#include <fmt/format.h>

#include <utility>

#include "tokenizer/definition_parts.hpp"

namespace winnow::tokenizer {
namespace {

void put_around(PostProcessor& processor, const std::vector<TokenId>& before,
                const std::vector<TokenId>& after) {
  processor.before.insert(processor.before.begin(), before.begin(), before.end());
  processor.after.insert(processor.after.end(), after.begin(), after.end());
}

/// TemplateProcessing's `single`: special tokens around one Sequence A.
void add_template(const JsonValue& value, PostProcessor& processor) {
  std::vector<TokenId> before;
  std::vector<TokenId> after;
  bool seen_text = false;
  for (const JsonValue& piece : value.at("single").items()) {
    if (const auto sequence = piece.find("Sequence")) {
      if (seen_text || sequence->at("id").string() != "A")
        piece.fail("is a second text, expected one Sequence A");
      seen_text = true;
      continue;
    }
    const std::string& name = piece.at("SpecialToken").at("id").string();
    const JsonValue special = value.at("special_tokens").at(name);
    for (const JsonValue& id : special.at("ids").items())
      (seen_text ? after : before).push_back(id.index(kMaxVocabulary));
  }
  if (!seen_text) value.fail("has no Sequence A in `single`");
  put_around(processor, before, after);
}

/// `["[CLS]", 101]`
TokenId parse_named_id(const JsonValue& value) {
  const std::vector<JsonValue> pair = value.items();
  if (pair.size() != 2) value.fail(fmt::format("has {} parts, expected 2", pair.size()));
  return pair[1].index(kMaxVocabulary);
}

void add_around(const JsonValue& value, PostProcessor& processor) {
  put_around(processor, {parse_named_id(value.at("cls"))}, {parse_named_id(value.at("sep"))});
}

void add_trimming(const JsonValue& value, PostProcessor& processor) {
  if (!flag(value, "trim_offsets", true)) return;
  if (processor.trim_offsets) value.fail("trims offsets a second time, expected one that does");
  processor.trim_offsets = true;
  processor.add_prefix_space = flag(value, "add_prefix_space", true);
}

}  // namespace

void add_post_processor(const JsonValue& value, PostProcessor& processor) {
  const std::string& type = value.at("type").string();
  if (type == "Sequence") {
    for (const JsonValue& item : value.at("processors").items())
      add_post_processor(item, processor);
  } else if (type == "ByteLevel") {
    add_trimming(value, processor);
  } else if (type == "TemplateProcessing") {
    add_template(value, processor);
  } else if (type == "BertProcessing") {
    add_around(value, processor);
  } else if (type == "RobertaProcessing") {
    add_trimming(value, processor);
    add_around(value, processor);
  } else {
    fail_unsupported(value, "type", type,
                     "Sequence, ByteLevel, TemplateProcessing, BertProcessing, RobertaProcessing");
  }
}

}  // namespace winnow::tokenizer
