#include "scoring/tag_reply.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "data/chat_template.hpp"
#include "scoring/loose_json.hpp"

namespace winnow::scoring {
namespace {

using Kind = LooseJson::Kind;

constexpr std::size_t kMostWords = 8;
/// Places where JSON could begin that are looked at: a damaged reply costs no more than so many
/// readings.
constexpr int kMostTried = 64;

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

const LooseJson* member(const LooseJson& object, std::string_view key) {
  for (const LooseJson::Member& each : object.members)
    if (lower(each.key) == key) return &each.value;
  return nullptr;
}

/// Adds a tag unless its name is empty.
void add(std::vector<Tag>& tags, std::string_view name, std::string_view explanation) {
  name = data::strip(name);
  if (!name.empty()) tags.push_back({std::string(name), std::string(data::strip(explanation))});
}

/// True for an object whose tag is a whole text, which is added.
bool add_object(std::vector<Tag>& tags, const LooseJson& object) {
  const LooseJson* name = member(object, "tag");
  if (name == nullptr || name->kind != Kind::text) return false;
  const LooseJson* explanation = member(object, "explanation");
  add(tags, name->text,
      explanation != nullptr && explanation->kind == Kind::text ? explanation->text : "");
  return true;
}

std::vector<Tag> tags_of(const LooseJson& list) {
  std::vector<Tag> tags;
  for (const LooseJson& item : list.items) {
    if (item.kind == Kind::text) add(tags, item.text, "");
    if (item.kind == Kind::object) static_cast<void>(add_object(tags, item));
  }
  return tags;
}

/// The tags of all JSON in the reply; nothing where there is none that could hold tags.
std::optional<std::vector<Tag>> tags_in_json(std::string_view reply) {
  std::optional<std::vector<Tag>> loose;  // of objects that stand in no list, or an empty list
  std::size_t at = 0;
  for (int tried = 0; tried < kMostTried; ++tried) {
    at = reply.find_first_of("[{", at);
    if (at == std::string_view::npos) break;
    const std::optional<LooseValue> read = read_loose_json(reply, at);
    ++at;
    if (!read) continue;
    const LooseJson& value = read->value;
    const LooseJson* list = value.kind == Kind::list ? &value : member(value, "tags");
    if (list != nullptr && list->kind == Kind::list) {
      if (loose && !loose->empty()) return loose;
      std::vector<Tag> tags = tags_of(*list);
      if (!tags.empty()) return tags;
      const bool is_closed = reply[read->end - 1] == (value.kind == Kind::list ? ']' : '}');
      if (!list->items.empty() || !is_closed) continue;
      loose.emplace();
      at = read->end;
    } else if (value.kind == Kind::object) {
      std::vector<Tag> tags = loose.value_or(std::vector<Tag>());
      if (!add_object(tags, value)) continue;
      loose = std::move(tags);
      at = read->end;
      tried = 0;
    }
  }
  return loose;
}

/// The text of a line behind its bullet or number; nothing for a line without one.
std::optional<std::string_view> list_item(std::string_view line) {
  for (const std::string_view bullet : {"-", "*", "\xE2\x80\xA2"})
    if (line.starts_with(bullet) && line.substr(bullet.size()).starts_with(' '))
      return data::strip(line.substr(bullet.size()));
  const std::size_t digits = std::min(line.find_first_not_of("0123456789"), line.size());
  if (digits == 0 || digits == line.size() || (line[digits] != '.' && line[digits] != ')'))
    return std::nullopt;
  return data::strip(line.substr(digits + 1));
}

std::string_view without_marks(std::string_view text) {
  constexpr std::string_view kMarks = "*_`\"' ";
  const std::size_t begin = text.find_first_not_of(kMarks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kMarks) + 1 - begin);
}

std::size_t words_of(std::string_view text) {
  std::size_t words = 0;
  bool in_word = false;
  for (const char c : text) {
    if (c != ' ' && !in_word) ++words;
    in_word = c != ' ';
  }
  return words;
}

/// Plain lines of a list.
std::optional<std::vector<Tag>> tags_in_lines(std::string_view reply) {
  std::vector<Tag> tags;
  while (!reply.empty()) {
    const std::size_t end = std::min(reply.find('\n'), reply.size());
    const std::optional<std::string_view> item = list_item(data::strip(reply.substr(0, end)));
    reply.remove_prefix(std::min(end + 1, reply.size()));
    if (!item) continue;
    std::size_t split = item->size();
    std::size_t width = 0;
    for (const std::string_view mark : {":", " - ", " \xE2\x80\x93 ", " \xE2\x80\x94 "})
      if (const std::size_t found = item->find(mark); found < split) {
        split = found;
        width = mark.size();
      }
    const std::string_view name = without_marks(item->substr(0, split));
    if (words_of(name) <= kMostWords) add(tags, name, without_marks(item->substr(split + width)));
  }
  if (tags.empty()) return std::nullopt;
  return tags;
}

}  // namespace

std::optional<std::vector<Tag>> parse_tag_reply(std::string_view reply) {
  if (auto tags = tags_in_json(reply)) return tags;
  return tags_in_lines(reply);
}

}  // namespace winnow::scoring
