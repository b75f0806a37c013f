#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/definition.hpp"
#include "tokenizer/json_reader.hpp"

// The parts of parse_definition(), a file each. All throw core::ModelError naming file and place.
namespace winnow::tokenizer {

void append_normalizer(const JsonValue& value, std::vector<NormalizerStep>& steps);
void append_pre_tokenizer(const JsonValue& value, std::vector<PreTokenizerStep>& steps);
[[nodiscard]] ModelDefinition parse_model(const JsonValue& model, bool is_byte_level);
void add_post_processor(const JsonValue& value, PostProcessor& processor);
void append_decoder(const JsonValue& value, std::vector<DecoderStep>& steps);

[[noreturn]] void fail_unsupported(const JsonValue& value, std::string_view what,
                                   const std::string& found, std::string_view supported);
/// The member `key` of `object`; `otherwise` if it is absent or null.
[[nodiscard]] bool flag(const JsonValue& object, const char* key, bool otherwise);
[[nodiscard]] std::string text_or(const JsonValue& object, const char* key,
                                  std::string_view otherwise);
/// `{"Regex": ..}` or `{"String": ..}`, not empty.
[[nodiscard]] Pattern parse_pattern(const JsonValue& value);
[[nodiscard]] ReplaceStep parse_replace(const JsonValue& value);
/// The `replacement` of a Metaspace, one character.
[[nodiscard]] std::string parse_replacement(const JsonValue& value);
/// Its `prepend_scheme`, which an older file's add_prefix_space must not contradict.
[[nodiscard]] PrependScheme parse_prepend_scheme(const JsonValue& value);

}  // namespace winnow::tokenizer
