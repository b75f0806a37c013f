#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "data/chat_template.hpp"

namespace winnow::data {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kFormat = "winnow chat form 1";

struct TextKey {
  const char* key;
  std::string ChatForm::*member;
};
constexpr std::array<TextKey, 13> kTexts = {{
    {"name", &ChatForm::name},
    {"start", &ChatForm::start},
    {"system_open", &ChatForm::system_open},
    {"system_close", &ChatForm::system_close},
    {"no_system", &ChatForm::no_system},
    {"user_open", &ChatForm::user_open},
    {"user_close", &ChatForm::user_close},
    {"assistant_open", &ChatForm::assistant_open},
    {"assistant_close", &ChatForm::assistant_close},
    {"answer_open", &ChatForm::answer_open},
    {"answer_close", &ChatForm::answer_close},
    {"direct_open", &ChatForm::direct_open},
    {"own_system", &ChatForm::own_system},
}};

struct FlagKey {
  const char* key;
  bool ChatForm::*member;
};
constexpr std::array<FlagKey, 4> kFlags = {{
    {"trim_system", &ChatForm::trim_system},
    {"trim_user", &ChatForm::trim_user},
    {"trim_assistant", &ChatForm::trim_assistant},
    {"trim_answer", &ChatForm::trim_answer},
}};

struct PlaceName {
  std::string_view name;
  ChatForm::SystemPlace place;
};
constexpr std::array<PlaceName, 5> kPlaces = {{
    {"block", ChatForm::SystemPlace::block},
    {"in_first_user", ChatForm::SystemPlace::in_first_user},
    {"in_last_user", ChatForm::SystemPlace::in_last_user},
    {"dropped", ChatForm::SystemPlace::dropped},
    {"refused", ChatForm::SystemPlace::refused},
}};

/// One JSON object whose keys are all known and all there.
class StrictObject {
 public:
  StrictObject(std::string_view json, std::string_view where) : where_(where) {
    object_ = Json::parse(json, nullptr, /*allow_exceptions=*/false);
    if (object_.is_discarded()) fail("is not valid JSON");
    if (!object_.is_object()) fail("is not a JSON object");
  }

  std::string text(const char* key) {
    const Json& value = at(key);
    if (!value.is_string()) fail(fmt::format("key {} is not a string", key));
    return value.get<std::string>();
  }

  /// Nothing where the key is null or missing, as older files have it.
  std::optional<std::string> text_if_known(const char* key) {
    const auto found = object_.find(key);
    if (found == object_.end()) return std::nullopt;
    seen_.insert(key);
    if (found->is_null()) return std::nullopt;
    return text(key);
  }

  bool flag(const char* key) {
    const Json& value = at(key);
    if (!value.is_boolean()) fail(fmt::format("key {} is neither true nor false", key));
    return value.get<bool>();
  }

  /// False where the key is missing, as older files have it.
  bool flag_if_known(const char* key) { return object_.contains(key) && flag(key); }

  void refuse_other_keys() const {
    for (const auto& item : object_.items())
      if (!seen_.contains(item.key())) fail(fmt::format("key {} is unknown", item.key()));
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw core::ModelError(core::one_line(fmt::format(
        "{}: {}; expected what `./winnow import` writes for a chat template", where_, what)));
  }

 private:
  const Json& at(const char* key) {
    const auto found = object_.find(key);
    if (found == object_.end()) fail(fmt::format("key {} is missing", key));
    seen_.insert(key);
    return *found;
  }

  std::string where_;
  Json object_;
  std::set<std::string> seen_;
};

}  // namespace

FolderForm parse_folder_form(std::string_view json, std::string_view where) {
  StrictObject object(json, where);
  if (const std::string format = object.text("format"); format != kFormat)
    object.fail(fmt::format("format is \"{}\", not \"{}\"", format, kFormat));
  FolderForm folder;
  folder.source = object.text("source");
  for (const TextKey& entry : kTexts) folder.form.*entry.member = object.text(entry.key);
  folder.form.generation_open = object.text_if_known("generation_open");
  for (const FlagKey& entry : kFlags) folder.form.*entry.member = object.flag(entry.key);
  folder.form.must_alternate = object.flag_if_known("must_alternate");
  folder.form.drops_empty_system = object.flag_if_known("drops_empty_system");
  const std::string place = object.text("system_place");
  const auto found = std::ranges::find(kPlaces, place, &PlaceName::name);
  if (found == kPlaces.end())
    object.fail(fmt::format(
        "system_place is \"{}\", none of block, in_first_user, in_last_user, dropped, refused",
        place));
  folder.form.system_place = found->place;
  object.refuse_other_keys();
  return folder;
}

}  // namespace winnow::data
