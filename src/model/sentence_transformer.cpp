#include "model/sentence_transformer.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "model/config_fields.hpp"
#include "model/json_file.hpp"
#include "model/model_config.hpp"

namespace winnow::model {
namespace {

using Json = nlohmann::json;
using Fields = ConfigFields;

[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view what) {
  throw core::ModelError(fmt::format("{}: {}", file.string(), what));
}

struct PoolingName {
  std::string_view name;       ///< in `pooling_mode`
  std::string_view old_field;  ///< true in files before sentence-transformers 5.2
  std::optional<SentencePooling> pooling;
};
constexpr std::array<PoolingName, 6> kPoolings = {{
    {"cls", "pooling_mode_cls_token", SentencePooling::first_token},
    {"max", "pooling_mode_max_tokens", SentencePooling::maximum},
    {"mean", "pooling_mode_mean_tokens", SentencePooling::mean},
    {"lasttoken", "pooling_mode_lasttoken", SentencePooling::last_token},
    {"mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens", std::nullopt},
    {"weightedmean", "pooling_mode_weightedmean_tokens", std::nullopt},
}};
constexpr const char* kKnownPoolings = R"(one of "cls", "max", "mean" and "lasttoken")";

SentencePooling read_pooling(const std::filesystem::path& file) {
  const std::optional<Json> json = read_json_object(file);
  if (!json) refuse(file, "missing, named by modules.json");
  const Fields fields(*json, file.string());
  fields.expect_only({"word_embedding_dimension", "embedding_dimension", "include_prompt",
                      "pooling_mode", "pooling_mode_cls_token", "pooling_mode_max_tokens",
                      "pooling_mode_mean_tokens", "pooling_mode_lasttoken",
                      "pooling_mode_mean_sqrt_len_tokens", "pooling_mode_weightedmean_tokens"});
  if (!fields.flag("include_prompt", true)) fields.refuse("include_prompt", "true");
  const std::string named = fields.text("pooling_mode", "");
  std::optional<SentencePooling> found;
  for (const PoolingName& one : kPoolings) {
    const bool is_asked =
        fields.has("pooling_mode") ? named == one.name : fields.flag(one.old_field, false);
    if (!is_asked) continue;
    if (!one.pooling || found)
      fields.refuse(fields.has("pooling_mode") ? "pooling_mode" : one.old_field,
                    found ? "one way of pooling alone" : kKnownPoolings);
    found = one.pooling;
  }
  if (!found && fields.has("pooling_mode")) fields.refuse("pooling_mode", kKnownPoolings);
  return found.value_or(SentencePooling::mean);
}

void expect_text(const Fields& fields, std::string_view field, const std::string& expected) {
  if (fields.text(field, expected) != expected)
    fields.refuse(field, fmt::format("\"{}\"", expected));
}

/// Files before sentence-transformers 6 have none.
void check_normalize(const std::filesystem::path& file) {
  const std::optional<Json> json = read_json_object(file);
  if (!json) return;
  const Fields fields(*json, file.string());
  fields.expect_only({"module_input_name", "module_output_name"});
  expect_text(fields, "module_input_name", "sentence_embedding");
  expect_text(fields, "module_output_name", "sentence_embedding");
}

/// A module's path below the folder.
std::filesystem::path folder_of(const Fields& module, const std::filesystem::path& file,
                                const std::filesystem::path& folder) {
  const std::string path = module.text("path", "");
  if (path.find("..") != std::string::npos || path.starts_with('/'))
    refuse(file, fmt::format("module path \"{}\", expected one inside the folder", path));
  return path.empty() ? folder : folder / path;
}

void read_modules(const std::filesystem::path& file, const Json& modules,
                  const std::filesystem::path& folder, SentenceTransformer& result) {
  if (!modules.is_array()) refuse(file, "expected a list of modules");
  std::string order;
  for (const Json& module : modules) {
    if (!module.is_object()) refuse(file, "expected a list of objects");
    const Fields fields(module, file.string());
    fields.expect_only({"idx", "name", "path", "type"});
    const std::string type = fields.text("type", "");
    const std::string name = type.substr(type.rfind('.') + 1);
    const std::filesystem::path place = folder_of(fields, file, folder);
    if (name == "Pooling")
      result.pooling = read_pooling(place / "config.json");
    else if (name == "Normalize")
      check_normalize(place / "config.json");
    else if (name != "Transformer" || place != folder)
      refuse(file, fmt::format("module of type \"{}\", expected Transformer in the folder itself, "
                               "Pooling and at most Normalize",
                               type));
    order += name + " ";
  }
  result.normalizes = order == "Transformer Pooling Normalize ";
  if (!result.normalizes && order != "Transformer Pooling ")
    refuse(file,
           fmt::format("modules {}, expected Transformer, Pooling and at most Normalize", order));
}

/// What sentence-transformers tries, in its order.
constexpr std::array<const char*, 7> kTransformerFiles = {
    "sentence_bert_config.json",       "sentence_roberta_config.json",
    "sentence_distilbert_config.json", "sentence_camembert_config.json",
    "sentence_albert_config.json",     "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json"};

/// `max_seq_length` of the Transformer module's file; 0: none.
std::uint32_t read_transformer(const std::filesystem::path& folder, std::uint32_t model_positions) {
  for (const char* name : kTransformerFiles) {
    const std::filesystem::path file = folder / name;
    const std::optional<Json> json = read_json_object(file);
    if (!json || json->empty()) continue;
    const Fields fields(*json, file.string());
    fields.expect_only({"max_seq_length", "do_lower_case", "transformer_task", "modality_config",
                        "module_output_name", "unpad_inputs"});
    if (fields.flag("do_lower_case", false)) fields.refuse("do_lower_case", "false");
    expect_text(fields, "transformer_task", "feature-extraction");
    expect_text(fields, "module_output_name", "token_embeddings");
    const Json text_alone = {
        {"text", {{"method", "forward"}, {"method_output_name", "last_hidden_state"}}}};
    if (fields.has("modality_config") && *fields.get("modality_config") != text_alone)
      fields.refuse("modality_config", text_alone.dump());
    const std::uint32_t longest = fields.whole("max_seq_length", 0);
    if (longest > model_positions)
      fields.refuse(
          "max_seq_length",
          fmt::format("at most {}: by config.json's `max_position_embeddings`", model_positions));
    return longest;
  }
  return 0;
}

/// `model_max_length`, which is a huge number where nobody set it.
std::uint32_t read_tokenizer_limit(const std::filesystem::path& folder,
                                   std::uint32_t model_positions) {
  const std::filesystem::path file = folder / "tokenizer_config.json";
  const std::optional<Json> json = read_json_object(file);
  if (!json) return model_positions;
  const Fields fields(*json, file.string());
  const double longest = fields.positive("model_max_length", model_positions);
  if (longest < 1) fields.refuse("model_max_length", "at least 1");
  return static_cast<std::uint32_t>(std::min<double>(longest, model_positions));
}

/// A prompt that stands before every text unless the caller says otherwise.
void expect_no_default_prompt(const std::filesystem::path& file) {
  const std::optional<Json> json = read_json_object(file);
  if (!json) return;
  const Fields fields(*json, file.string());
  const std::string name = fields.text("default_prompt_name", "");
  const Json* prompts = fields.get("prompts");
  if (name.empty()) return;
  if (prompts == nullptr || !prompts->is_object() || !prompts->contains(name) ||
      prompts->at(name) != "")
    fields.refuse("default_prompt_name",
                  "null or the name of an empty prompt: winnow embeds texts "
                  "as they are");
}

}  // namespace

SentenceTransformer read_sentence_transformer(const std::filesystem::path& folder) {
  SentenceTransformer result;
  const std::uint32_t model_positions = read_encoder_config(folder).max_positions;
  const std::filesystem::path modules_file = folder / "modules.json";
  if (const std::optional<Json> modules = read_json_file(modules_file)) {
    read_modules(modules_file, *modules, folder, result);
    result.max_positions = read_transformer(folder, model_positions);
    expect_no_default_prompt(folder / "config_sentence_transformers.json");
  }
  if (result.max_positions == 0)
    result.max_positions = read_tokenizer_limit(folder, model_positions);
  return result;
}

}  // namespace winnow::model
