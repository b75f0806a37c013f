#include "model/sentence_transformer.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "model/config_fields.hpp"

namespace winnow::model {
namespace {

using Json = nlohmann::json;
using Fields = ConfigFields;

constexpr std::uint64_t kLargestFile = 1 << 20;

/// nullopt if there is no such file.
std::optional<Json> read_json(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return std::nullopt;
  try {
    return Json::parse(core::read_file(file, kLargestFile));
  } catch (const Json::exception& error) {
    throw core::ModelError(fmt::format("{}: not valid JSON: {}", file.string(), error.what()));
  }
}

[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view what) {
  throw core::ModelError(fmt::format("{}: {}", file.string(), what));
}

Json read_object(const std::filesystem::path& file) {
  std::optional<Json> json = read_json(file);
  if (!json) refuse(file, "missing, named by modules.json");
  if (!json->is_object()) refuse(file, "expected a JSON object");
  return *std::move(json);
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
  const Json json = read_object(file);
  const Fields fields(json, file.string());
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

/// A module's path below the folder.
std::filesystem::path folder_of(const Json& module, const std::filesystem::path& file,
                                const std::filesystem::path& folder) {
  const std::string path = Fields(module, file.string()).text("path", "");
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
    const std::string type = Fields(module, file.string()).text("type", "");
    const std::string name = type.substr(type.rfind('.') + 1);
    if (name == "Pooling")
      result.pooling = read_pooling(folder_of(module, file, folder) / "config.json");
    else if (name == "Normalize")
      result.normalizes = true;
    else if (name != "Transformer" || folder_of(module, file, folder) != folder)
      refuse(file, fmt::format("module of type \"{}\", expected Transformer in the folder itself, "
                               "Pooling and at most Normalize",
                               type));
    order += name + " ";
  }
  if (order != "Transformer Pooling " && order != "Transformer Pooling Normalize ")
    refuse(file,
           fmt::format("modules {}, expected Transformer, Pooling and at most Normalize", order));
}

}  // namespace

SentenceTransformer read_sentence_transformer(const std::filesystem::path& folder) {
  SentenceTransformer result;
  const std::filesystem::path modules_file = folder / "modules.json";
  if (const std::optional<Json> modules = read_json(modules_file))
    read_modules(modules_file, *modules, folder, result);
  const std::filesystem::path length_file = folder / "sentence_bert_config.json";
  if (const std::optional<Json> json = read_json(length_file)) {
    if (!json->is_object()) refuse(length_file, "expected a JSON object");
    const Fields fields(*json, length_file.string());
    if (fields.flag("do_lower_case", false)) fields.refuse("do_lower_case", "false");
    result.max_positions = fields.whole("max_seq_length", 0);
  }
  return result;
}

}  // namespace winnow::model
