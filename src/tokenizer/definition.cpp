#include "tokenizer/definition.hpp"

#include <fmt/format.h>

#include <unordered_map>
#include <utility>

#include "core/error.hpp"
#include "tokenizer/definition_parts.hpp"

namespace winnow::tokenizer {
namespace {

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
    if (token.content.size() > kMaxAddedTokenBytes)
      item.fail(fmt::format("has a content of {} bytes, expected at most {}", token.content.size(),
                            kMaxAddedTokenBytes));
    if (!ids.emplace(token.content, token.id).second)
      item.fail(fmt::format("repeats the token `{}`", core::one_line(token.content)));
    tokens.push_back(std::move(token));
  }
  return tokens;
}

bool has_byte_level(const std::vector<PreTokenizerStep>& steps) {
  return !steps.empty() && std::holds_alternative<ByteLevelStep>(steps.back());
}

void check_ids(const Definition& definition, const std::string& file) {
  std::unordered_map<TokenId, std::string_view> tokens;
  std::unordered_map<std::string_view, TokenId> ids;
  for (const VocabularyEntry& entry : vocabulary_of(definition.model)) {
    tokens.emplace(entry.id, entry.token);
    ids.insert_or_assign(entry.token, entry.id);
  }
  auto next_id = static_cast<TokenId>(tokens.size());
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
    // The reference does not go by the file: new tokens get the next free numbers from the
    // vocabulary's size on.
    if (is_added && token.id != next_id++)
      throw core::ModelError(
          fmt::format("{}: added token `{}` has id {}, expected {}, which Hugging Face's "
                      "`tokenizers` gives it whatever the file says",
                      file, core::one_line(token.content), token.id, next_id - 1));
  }
  for (const auto* around : {&definition.post_processor.before, &definition.post_processor.after})
    for (const TokenId id : *around)
      if (!tokens.contains(id))
        throw core::ModelError(
            fmt::format("{}: post_processor adds id {}, which no token has", file, id));
}

}  // namespace

void fail_unsupported(const JsonValue& value, std::string_view what, const std::string& found,
                      std::string_view supported) {
  value.fail(fmt::format("has {} `{}`, which is not supported; supported: {}", what,
                         core::one_line(found), supported));
}

bool flag(const JsonValue& object, const char* key, bool otherwise) {
  const std::optional<JsonValue> value = object.find(key);
  return value ? value->boolean() : otherwise;
}

std::string text_or(const JsonValue& object, const char* key, std::string_view otherwise) {
  const std::optional<JsonValue> value = object.find(key);
  return value ? value->string() : std::string(otherwise);
}

const std::vector<VocabularyEntry>& vocabulary_of(const ModelDefinition& model) {
  return std::visit(
      [](const auto& one) -> const std::vector<VocabularyEntry>& { return one.vocabulary; }, model);
}

Definition parse_definition(std::string_view json, const std::string& file) {
  const JsonValue root = JsonValue::parse(json, file);
  Definition definition;
  definition.added_tokens = parse_added_tokens(root);
  if (const auto normalizer = root.find("normalizer"))
    append_normalizer(*normalizer, definition.normalizer);
  if (const auto pre_tokenizer = root.find("pre_tokenizer"))
    append_pre_tokenizer(*pre_tokenizer, definition.pre_tokenizer);
  if (const auto processor = root.find("post_processor"))
    add_post_processor(*processor, definition.post_processor);
  if (const auto decoder = root.find("decoder"))
    append_decoder(*decoder, definition.decoder.emplace());
  definition.model = parse_model(root.at("model"), has_byte_level(definition.pre_tokenizer));
  check_ids(definition, file);
  return definition;
}

}  // namespace winnow::tokenizer
