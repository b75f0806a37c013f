#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::scoring {

/// A value of JSON as language models write it.
struct LooseJson {
  enum class Kind {
    text,  ///< a string, whole
    list,
    object,
    other  ///< a number, a bare word, a string that was cut short
  };
  struct Member;
  Kind kind = Kind::other;
  std::string text;
  std::vector<LooseJson> items;  ///< of a list, those that have begun
  std::vector<Member> members;   ///< of an object, those that have begun
};
struct LooseJson::Member {
  std::string key;
  LooseJson value;
};

struct LooseValue {
  LooseJson value;
  std::size_t end = 0;  ///< one past its last byte in the text
};

/// The list or object that begins at `begin`, where a `[` or `{` stands. All valid JSON is read as
/// such; besides, strings may stand in single quotes and hold line feeds, and quotes that no `,`,
/// `:`, `]`, `}` or end follows; commas may be too many or missing; keys may be bare. What is not
/// closed ends with the text.
/// @returns  nothing for a value nested more than 32 deep
[[nodiscard]] std::optional<LooseValue> read_loose_json(std::string_view text, std::size_t begin);

}  // namespace winnow::scoring
