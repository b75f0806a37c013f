#include "tokenizer/json_reader.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "core/durable_file.hpp"
#include "core/error.hpp"

namespace winnow::tokenizer {
namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 64;
constexpr std::uint64_t kMaxFileBytes = 256'000'000;

/// Where `value` stands below `above`, if it does: ".name" and "[index]" for each step, the first
/// without its point. Looked for only when somebody complains: a place for each of a file's
/// millions of values would cost many times the file.
std::optional<std::string> place_of(const Json& above, const Json* value) {
  if (&above == value) return std::string();
  if (!above.is_structured()) return std::nullopt;
  std::size_t index = 0;
  for (auto item = above.begin(); item != above.end(); ++item, ++index) {
    const auto below = place_of(*item, value);
    if (!below) continue;
    const std::string step =
        above.is_array() ? fmt::format("[{}]", index) : core::one_line(item.key());
    const bool is_named = below->empty() || below->starts_with('[');
    return step + (is_named ? "" : ".") + *below;
  }
  return std::nullopt;
}

}  // namespace

struct JsonValue::Document {
  Json root;
  std::string file;
};

JsonValue::JsonValue(std::shared_ptr<const Document> document, const Json* value)
    : document_(std::move(document)), value_(value) {}

JsonValue JsonValue::parse(std::string_view bytes, const std::string& file) {
  const auto bound_depth = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kMaxDepth)
      throw core::ModelError(
          fmt::format("{}: nested deeper than the {} levels that are allowed", file, kMaxDepth));
    return true;
  };
  auto document = std::make_shared<Document>();
  document->file = file;
  try {
    document->root = Json::parse(bytes.begin(), bytes.end(), bound_depth);
  } catch (const Json::exception& error) {
    throw core::ModelError(
        fmt::format("{}: is not valid JSON: {}", file, core::one_line(error.what())));
  }
  const Json* root = &document->root;
  return {std::move(document), root};
}

std::optional<JsonValue> JsonValue::find(std::string_view key) const {
  if (!value_->is_object()) fail_type("an object");
  const auto found = value_->find(key);
  if (found == value_->end() || found->is_null()) return std::nullopt;
  return JsonValue(document_, &*found);
}

JsonValue JsonValue::at(std::string_view key) const {
  std::optional<JsonValue> member = find(key);
  if (!member) fail(fmt::format("has no `{}`", key));
  return *std::move(member);
}

std::vector<JsonValue> JsonValue::items() const {
  if (!value_->is_array()) fail_type("an array");
  std::vector<JsonValue> items;
  items.reserve(value_->size());
  for (const Json& item : *value_) items.push_back(JsonValue(document_, &item));
  return items;
}

std::vector<JsonMember> JsonValue::members() const {
  if (!value_->is_object()) fail_type("an object");
  std::vector<JsonMember> members;
  members.reserve(value_->size());
  for (const auto& [key, value] : value_->get_ref<const Json::object_t&>())
    members.push_back({key, JsonValue(document_, &value)});
  return members;
}

bool JsonValue::is_string() const { return value_->is_string(); }
bool JsonValue::is_array() const { return value_->is_array(); }

const std::string& JsonValue::string() const {
  if (!value_->is_string()) fail_type("a string");
  return value_->get_ref<const std::string&>();
}

bool JsonValue::boolean() const {
  if (!value_->is_boolean()) fail_type("true or false");
  return value_->get<bool>();
}

double JsonValue::number() const {
  if (!value_->is_number()) fail_type("a number");
  return value_->get<double>();
}

std::int32_t JsonValue::index(std::int32_t limit) const {
  if (!value_->is_number_integer()) fail_type("a whole number");
  const bool fits =
      value_->is_number_unsigned() && std::cmp_less(value_->get<std::uint64_t>(), limit);
  if (!fits) fail(fmt::format("is {}, expected a number from 0 to {}", value_->dump(), limit - 1));
  return value_->get<std::int32_t>();
}

void JsonValue::fail(std::string_view problem) const {
  const std::string place = place_of(document_->root, value_).value_or("");
  throw core::ModelError(
      fmt::format("{}: {} {}", document_->file, place.empty() ? "the top level" : place, problem));
}

void JsonValue::fail_type(const char* expected) const {
  fail(fmt::format("is of type {}, expected {}", value_->type_name(), expected));
}

std::string read_model_file(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error))
    throw core::ModelError(fmt::format("{}: there is no such file", path.string()));
  const std::uint64_t size = std::filesystem::file_size(path, error);
  if (!error && size > kMaxFileBytes)
    throw core::ModelError(
        fmt::format("{}: has {} bytes, expected at most {}", path.string(), size, kMaxFileBytes));
  return core::read_file(path, kMaxFileBytes);
}

}  // namespace winnow::tokenizer
