#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <unordered_map>
#include <utility>

#include "core/error.hpp"
#include "tokenizer/definition_parts.hpp"
#include "tokenizer/score_number.hpp"

namespace winnow::tokenizer {
namespace {

using IdsByToken = std::unordered_map<std::string_view, TokenId>;

std::vector<VocabularyEntry> parse_vocabulary(const JsonValue& vocab) {
  std::vector<VocabularyEntry> vocabulary;
  std::unordered_map<TokenId, std::size_t> owners;
  for (const JsonMember& member : vocab.members()) {
    const TokenId id = member.value.index(kMaxVocabulary);
    const auto [owner, is_new] = owners.emplace(id, vocabulary.size());
    if (!is_new)
      member.value.fail(fmt::format("has id {}, which `{}` has too", id,
                                    core::one_line(vocabulary[owner->second].token)));
    vocabulary.push_back({std::string(member.key), id});
  }
  return vocabulary;
}

IdsByToken ids_by_token(const std::vector<VocabularyEntry>& vocabulary) {
  IdsByToken ids;
  ids.reserve(vocabulary.size());
  for (const VocabularyEntry& entry : vocabulary) ids.emplace(entry.token, entry.id);
  return ids;
}

TokenId id_of_unknown(const JsonValue& token, const IdsByToken& ids) {
  const auto found = ids.find(token.string());
  if (found == ids.end())
    token.fail(fmt::format("is `{}`, which vocab does not have", core::one_line(token.string())));
  return found->second;
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

std::vector<Merge> parse_merges(const JsonValue& list, const IdsByToken& ids) {
  std::vector<Merge> merges;
  for (const JsonValue& item : list.items()) {
    const MergeText merge = parse_merge(item);
    const auto id_of = [&](const std::string& token) {
      const auto found = ids.find(token);
      if (found == ids.end())
        item.fail(
            fmt::format("names the token `{}`, which vocab does not have", core::one_line(token)));
      return found->second;
    };
    merges.push_back({id_of(merge.left), id_of(merge.right), id_of(merge.left + merge.right)});
  }
  return merges;
}

BpeDefinition parse_bpe(const JsonValue& model, bool is_byte_level) {
  if (const auto dropout = model.find("dropout"); dropout && dropout->number() != 0)
    model.fail("has a dropout, which is not supported: tokens would differ from run to run");
  for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"})
    if (const std::string text = text_or(model, affix, ""); !text.empty())
      fail_unsupported(model, affix, text, "none");
  BpeDefinition bpe;
  bpe.is_byte_level = is_byte_level;
  bpe.ignore_merges = flag(model, "ignore_merges", false);
  bpe.byte_fallback = flag(model, "byte_fallback", false);
  bpe.fuse_unknown = flag(model, "fuse_unk", false);
  if (is_byte_level && bpe.byte_fallback)
    fail_unsupported(model, "byte_fallback", "true", "false where the pre_tokenizer is ByteLevel");
  bpe.vocabulary = parse_vocabulary(model.at("vocab"));
  const IdsByToken ids = ids_by_token(bpe.vocabulary);
  if (const auto unknown = model.find("unk_token")) bpe.unknown = id_of_unknown(*unknown, ids);
  bpe.merges = parse_merges(model.at("merges"), ids);
  return bpe;
}

WordPieceDefinition parse_word_piece(const JsonValue& model) {
  WordPieceDefinition word_piece;
  word_piece.vocabulary = parse_vocabulary(model.at("vocab"));
  word_piece.unknown = id_of_unknown(model.at("unk_token"), ids_by_token(word_piece.vocabulary));
  word_piece.continuing_prefix = model.at("continuing_subword_prefix").string();
  word_piece.max_word_characters = static_cast<std::size_t>(
      model.at("max_input_chars_per_word").index(std::numeric_limits<std::int32_t>::max()));
  return word_piece;
}

UnigramDefinition parse_unigram(const JsonValue& model) {
  UnigramDefinition unigram;
  unigram.byte_fallback = flag(model, "byte_fallback", false);
  const JsonValue vocab = model.at("vocab");
  for (const JsonValue& item : vocab.items()) {
    const std::vector<JsonValue> pair = item.items();
    if (pair.size() != 2) item.fail(fmt::format("has {} parts, expected 2", pair.size()));
    const double score = pair[1].number();
    if (!std::isfinite(score)) pair[1].fail("is not finite");
    if (unigram.vocabulary.size() == static_cast<std::size_t>(kMaxVocabulary))
      vocab.fail(fmt::format("has more than {} tokens", kMaxVocabulary));
    unigram.vocabulary.push_back({pair[0].string(), static_cast<TokenId>(unigram.scores.size())});
    unigram.scores.push_back(as_serde_json_reads(score));
  }
  if (const auto unknown = model.find("unk_id"))
    unigram.unknown = unknown->index(static_cast<TokenId>(unigram.vocabulary.size()));
  if (unigram.byte_fallback && !unigram.unknown)
    model.fail("has byte_fallback without unk_id, expected both or none");
  return unigram;
}

/// Older files do not name it.
std::string type_of(const JsonValue& model) {
  if (const auto type = model.find("type")) return type->string();
  if (model.find("merges")) return "BPE";
  return model.at("vocab").is_array() ? "Unigram" : "WordPiece";
}

}  // namespace

ModelDefinition parse_model(const JsonValue& model, bool is_byte_level) {
  const std::string type = type_of(model);
  if (type == "BPE") return parse_bpe(model, is_byte_level);
  if (is_byte_level && (type == "WordPiece" || type == "Unigram"))
    fail_unsupported(model, "type", type, "BPE where the pre_tokenizer is ByteLevel");
  if (type == "WordPiece") return parse_word_piece(model);
  if (type == "Unigram") return parse_unigram(model);
  fail_unsupported(model, "type", type, "BPE, WordPiece, Unigram");
}

}  // namespace winnow::tokenizer
