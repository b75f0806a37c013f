#include "data/prompt_template.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"
#include "core/nearest.hpp"
#include "data/chat_template_forms.hpp"
#include "data/prompt_template_plain.hpp"

namespace winnow::data {
namespace {

constexpr const char* kFolderFile = "winnow_template.json";
constexpr std::uint64_t kMaxFolderFileBytes = 4 << 20;

std::vector<std::string_view> names_nearest_first(std::string_view name) {
  std::vector<std::string_view> names(template_names().begin(), template_names().end());
  std::ranges::stable_sort(
      names, {}, [name](std::string_view known) { return core::edit_distance(name, known); });
  return names;
}

}  // namespace

std::span<const std::string_view> template_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const ChatForm& form : named_forms()) all.push_back(form.name);
    for (const PlainForm& form : plain_forms()) all.push_back(form.name);
    return all;
  }();
  return names;
}

std::unique_ptr<PromptTemplate> make_template(std::string_view name, TemplateOptions options) {
  for (const ChatForm& form : named_forms())
    if (form.name == name) return make_chat_template(form, std::move(options));
  for (const PlainForm& form : plain_forms())
    if (form.name == name) return make_plain_template(form, std::move(options));
  throw core::UsageError(
      core::one_line(fmt::format("there is no template \"{}\"; expected {} or auto", name,
                                 fmt::join(names_nearest_first(name), ", "))));
}

namespace {

/// True where two forms differ at most in their names, in where a common beginning is kept, and in
/// what files of older imports do not say.
bool renders_alike(ChatForm a, ChatForm b) {
  for (ChatForm* form : {&a, &b}) {
    form->name.clear();
    form->generation_open.reset();
    form->must_alternate = form->drops_empty_system = false;
    if (form->system_place != ChatForm::SystemPlace::block) continue;
    form->system_open = form->start + form->system_open;
    form->no_system = form->start + form->no_system;
    form->start.clear();
  }
  return a == b;
}

}  // namespace

std::unique_ptr<PromptTemplate> template_for_folder(const std::filesystem::path& folder,
                                                    std::string_view chat_template_text,
                                                    TemplateOptions options) {
  const std::filesystem::path file = folder / kFolderFile;
  if (std::filesystem::exists(file)) {
    FolderForm found = parse_folder_form(core::read_file(file, kMaxFolderFileBytes), file.string());
    if (!found.source.empty() && found.source != chat_template_text)
      throw core::ModelError(
          fmt::format("{} was made from another chat template than the one in its folder: run "
                      "`./winnow import {}` again",
                      file.string(), folder.string()));
    // An import that only repeats what a named template does goes by that name.
    if (const ChatForm* named = form_of_vendor_text(chat_template_text);
        named != nullptr && renders_alike(found.form, *named)) {
      found.form.name = named->name;
      found.form.must_alternate = named->must_alternate;
      found.form.drops_empty_system = named->drops_empty_system;
      if (!found.form.generation_open) found.form.generation_open = named->generation_open;
    }
    return make_chat_template(std::move(found.form), std::move(options));
  }
  if (const ChatForm* form = form_of_vendor_text(chat_template_text))
    return make_chat_template(*form, std::move(options));
  const std::string names =
      fmt::format("set model.template to one of {}", fmt::join(template_names(), ", "));
  if (chat_template_text.empty())
    throw core::ModelError(
        fmt::format("model folder {} has no chat template: {}", folder.string(), names));
  throw core::ModelError(
      fmt::format("model folder {} has a chat template that is not one of the known ones: run "
                  "`./winnow import {}` once to render it, or {}",
                  folder.string(), folder.string(), names));
}

}  // namespace winnow::data
