#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::scoring {

/// A tag of a user query as a model named it.
struct Tag {
  std::string name;
  std::string explanation;  ///< empty where the reply has none
  bool operator==(const Tag&) const = default;
};

/// The tags of a reply to one of InsTag's prompts; nothing where it cannot be read as tags. An
/// empty list, closed, is an answer: no tags.
///
/// Read are, wherever they stand in the reply (after an introduction, in a code fence):
/// - the first list that gives a tag. Of an object counts its `tag` and its
///   `explanation` (case of the keys does not matter), a string is a tag without explanation, other
///   elements are passed over; an object whose only list is its `tags` stands for that list;
/// - where an object with a `tag` comes before any list: it and all such objects after it;
/// - where neither is found, lines that begin with `-`, `*`, a bullet, or a number and `.` or `)`:
///   the tag goes to the first `:`, ` - ` or dash, without marks of emphasis and quotes, and has at
///   most eight words.
/// JSON is looked for at the first 64 brackets and braces that lead to no tag. It may be damaged as
/// models do it: single quotes, quotes inside strings, line feeds in strings, commas too many or
/// missing, bare keys. A reply that was cut short gives the tags whose names are whole. Names are
/// trimmed; empty ones do not count.
[[nodiscard]] std::optional<std::vector<Tag>> parse_tag_reply(std::string_view reply);

/// Raised with every change of what a reply is read as, or of what a name is normalized to: stored
/// tags are then made again from the journalled replies.
inline constexpr std::uint32_t kTagReaderVersion = 1;

}  // namespace winnow::scoring
