#include "tokenizer/definition.hpp"

#include <fmt/format.h>

#include <span>
#include <unordered_map>
#include <utility>

#include "core/error.hpp"
#include "tokenizer/json_reader.hpp"

namespace winnow::tokenizer {
namespace {

[[noreturn]] void fail_unsupported(const JsonValue& value, std::string_view what,
                                   const std::string& found, std::string_view supported) {
  value.fail(fmt::format("has {} `{}`, which is not supported; supported: {}", what,
                         core::one_line(found), supported));
}

bool flag(const JsonValue& object, const char* key, bool otherwise) {
  const std::optional<JsonValue> value = object.find(key);
  return value ? value->boolean() : otherwise;
}

std::vector<AddedToken> parse_added_tokens(const JsonValue& root) {
  std::vector<AddedToken> tokens;
  const std::optional<JsonValue> list = root.find("added_tokens");
  if (!list) return tokens;
  std::unordered_map<std::string, TokenId> ids;
  for (const JsonValue& item : list->items()) {
    AddedToken token;
    token.id = item.at("id").index(kMaxVocabulary);
    token.content = item.at("content").string();
    token.special = flag(item, "special", false);
    token.single_word = flag(item, "single_word", false);
    token.lstrip = flag(item, "lstrip", false);
    token.rstrip = flag(item, "rstrip", false);
    token.normalized = flag(item, "normalized", !token.special);
    if (token.content.empty()) item.fail("has an empty content");
    if (!ids.emplace(token.content, token.id).second)
      item.fail(fmt::format("repeats the token `{}`", core::one_line(token.content)));
    tokens.push_back(std::move(token));
  }
  return tokens;
}

void append_normalizer(const JsonValue& value, std::vector<NormalizerStep>& steps) {
  const std::string& type = value.at("type").string();
  if (type == "NFC") {
    steps.push_back(NormalizerStep::nfc);
  } else if (type == "Sequence") {
    for (const JsonValue& item : value.at("normalizers").items()) append_normalizer(item, steps);
  } else {
    fail_unsupported(value, "type", type, "NFC, Sequence");
  }
}

SplitStep parse_split(const JsonValue& value) {
  SplitStep step;
  const JsonValue pattern = value.at("pattern");
  const std::optional<JsonValue> regex = pattern.find("Regex");
  step.is_regex = regex.has_value();
  step.pattern = regex ? regex->string() : pattern.at("String").string();
  if (step.pattern.empty()) pattern.fail("is empty");
  const std::string& behavior = value.at("behavior").string();
  if (behavior == "Isolated") {
    step.behavior = SplitBehavior::isolated;
  } else if (behavior == "Removed") {
    step.behavior = SplitBehavior::removed;
  } else if (behavior == "Contiguous") {
    step.behavior = SplitBehavior::contiguous;
  } else {
    fail_unsupported(value, "behavior", behavior, "Isolated, Removed, Contiguous");
  }
  step.invert = flag(value, "invert", false);
  return step;
}

void append_pre_tokenizer(const JsonValue& value, std::vector<PreTokenizerStep>& steps) {
  const std::string& type = value.at("type").string();
  if (!steps.empty() && std::holds_alternative<ByteLevelStep>(steps.back()))
    value.fail("comes after ByteLevel, expected ByteLevel to be the last step");
  if (type == "Sequence") {
    for (const JsonValue& item : value.at("pretokenizers").items())
      append_pre_tokenizer(item, steps);
  } else if (type == "Split") {
    steps.emplace_back(parse_split(value));
  } else if (type == "Digits") {
    steps.emplace_back(DigitsStep{flag(value, "individual_digits", false)});
  } else if (type == "ByteLevel") {
    steps.emplace_back(
        ByteLevelStep{flag(value, "add_prefix_space", true), flag(value, "use_regex", true)});
  } else {
    fail_unsupported(value, "type", type, "Sequence, Split, Digits, ByteLevel");
  }
}

struct MergeText {
  std::string left;
  std::string right;
};

MergeText parse_merge(const JsonValue& value) {
  if (value.is_string()) {
    const std::string& text = value.string();
    const std::size_t space = text.find(' ');
    if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos)
      value.fail(
          fmt::format("is `{}`, expected two tokens with one space between", core::one_line(text)));
    return {text.substr(0, space), text.substr(space + 1)};
  }
  const std::vector<JsonValue> pair = value.items();
  if (pair.size() != 2) value.fail(fmt::format("has {} parts, expected 2", pair.size()));
  return {pair[0].string(), pair[1].string()};
}

/// Fields of a BPE model that change its result and that byte-level files leave at these values.
void require_plain_bpe(const JsonValue& model) {
  if (const auto type = model.find("type"); type && type->string() != "BPE")
    fail_unsupported(model, "type", type->string(), "BPE");
  if (const auto dropout = model.find("dropout"); dropout && dropout->number() != 0)
    model.fail("has a dropout, which is not supported: tokens would differ from run to run");
  for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"})
    if (const auto text = model.find(affix); text && !text->string().empty())
      fail_unsupported(model, affix, text->string(), "none");
  if (flag(model, "byte_fallback", false))
    fail_unsupported(model, "byte_fallback", "true", "false");
}

BpeDefinition parse_model(const JsonValue& model) {
  require_plain_bpe(model);
  BpeDefinition bpe;
  bpe.ignore_merges = flag(model, "ignore_merges", false);
  std::unordered_map<std::string_view, TokenId> ids;
  std::unordered_map<TokenId, std::size_t> owners;
  for (JsonMember& member : model.at("vocab").members()) {
    const TokenId id = member.value.index(kMaxVocabulary);
    const auto [owner, is_new] = owners.emplace(id, bpe.vocabulary.size());
    if (!is_new)
      member.value.fail(fmt::format("has id {}, which `{}` has too", id,
                                    core::one_line(bpe.vocabulary[owner->second].token)));
    bpe.vocabulary.push_back({std::move(member.key), id});
  }
  for (const VocabularyEntry& entry : bpe.vocabulary) ids.emplace(entry.token, entry.id);
  bpe.fuse_unknown = flag(model, "fuse_unk", false);
  if (const auto unknown = model.find("unk_token")) {
    const auto found = ids.find(unknown->string());
    if (found == ids.end())
      unknown->fail(
          fmt::format("is `{}`, which vocab does not have", core::one_line(unknown->string())));
    bpe.unknown = found->second;
  }

  for (const JsonValue& item : model.at("merges").items()) {
    const MergeText merge = parse_merge(item);
    const auto id_of = [&](const std::string& token) {
      const auto found = ids.find(token);
      if (found == ids.end())
        item.fail(
            fmt::format("names the token `{}`, which vocab does not have", core::one_line(token)));
      return found->second;
    };
    bpe.merges.push_back({id_of(merge.left), id_of(merge.right), id_of(merge.left + merge.right)});
  }
  return bpe;
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
  processor.before.insert(processor.before.begin(), before.begin(), before.end());
  processor.after.insert(processor.after.end(), after.begin(), after.end());
}

void add_post_processor(const JsonValue& value, PostProcessor& processor) {
  const std::string& type = value.at("type").string();
  if (type == "Sequence") {
    for (const JsonValue& item : value.at("processors").items())
      add_post_processor(item, processor);
  } else if (type == "ByteLevel") {
    if (!flag(value, "trim_offsets", true)) return;
    processor.trim_offsets = true;
    processor.add_prefix_space = flag(value, "add_prefix_space", true);
  } else if (type == "TemplateProcessing") {
    add_template(value, processor);
  } else {
    fail_unsupported(value, "type", type, "Sequence, ByteLevel, TemplateProcessing");
  }
}

void check_decoder(const JsonValue& value) {
  const std::string& type = value.at("type").string();
  if (type != "ByteLevel") fail_unsupported(value, "type", type, "ByteLevel");
}

void check_ids(const Definition& definition, const std::string& file) {
  std::unordered_map<TokenId, std::string_view> tokens;
  std::unordered_map<std::string_view, TokenId> ids;
  for (const VocabularyEntry& entry : definition.model.vocabulary) {
    tokens.emplace(entry.id, entry.token);
    ids.emplace(entry.token, entry.id);
  }
  for (const AddedToken& token : definition.added_tokens) {
    const auto [owner, is_new] = tokens.emplace(token.id, token.content);
    if (!is_new && owner->second != token.content)
      throw core::ModelError(fmt::format("{}: added token `{}` has id {}, which `{}` has too", file,
                                         core::one_line(token.content), token.id,
                                         core::one_line(owner->second)));
    const auto [known, is_added] = ids.emplace(token.content, token.id);
    if (!is_added && known->second != token.id)
      throw core::ModelError(fmt::format("{}: added token `{}` has id {}, but {} in vocab", file,
                                         core::one_line(token.content), token.id, known->second));
  }
  for (const auto* around : {&definition.post_processor.before, &definition.post_processor.after})
    for (const TokenId id : *around)
      if (!tokens.contains(id))
        throw core::ModelError(
            fmt::format("{}: post_processor adds id {}, which no token has", file, id));
}

}  // namespace

Definition parse_definition(std::string_view json, const std::string& file) {
  const JsonValue root = JsonValue::parse(json, file);
  Definition definition;
  definition.added_tokens = parse_added_tokens(root);
  if (const auto normalizer = root.find("normalizer"))
    append_normalizer(*normalizer, definition.normalizer);
  const JsonValue pre_tokenizer = root.at("pre_tokenizer");
  append_pre_tokenizer(pre_tokenizer, definition.pre_tokenizer);
  if (definition.pre_tokenizer.empty() ||
      !std::holds_alternative<ByteLevelStep>(definition.pre_tokenizer.back()))
    pre_tokenizer.fail("has no ByteLevel step; only byte-level vocabularies are supported");
  check_decoder(root.at("decoder"));
  if (const auto processor = root.find("post_processor"))
    add_post_processor(*processor, definition.post_processor);
  definition.model = parse_model(root.at("model"));
  check_ids(definition, file);
  return definition;
}

}  // namespace winnow::tokenizer
