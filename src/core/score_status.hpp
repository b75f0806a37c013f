#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace winnow::core {

/// Why a row has or has not a score. Stored as u8; a number never changes its meaning, new reasons
/// are added at the end.
enum class ScoreStatus : std::uint8_t {
  ok = 0,
  empty_answer = 1,           ///< no token to score
  answer_truncated_away = 2,  ///< the prompt fills the model's window
  answer_too_short = 3,       ///< fewer tokens than the score needs
  non_finite = 4,             ///< the model or the formula gave an infinity or NaN
  zero_denominator = 5,       ///< the direct loss is 0
  bad_row = 6,                ///< the row could not be read
  not_given = 7,              ///< the imported file has null here
  not_scored = 8,             ///< this score was not asked for on this row
  template_refused = 9,       ///< the template has no way to write the row down
  text_too_long = 10,         ///< longer than the model sees, and this score cuts nothing
  unreadable_reply = 11,      ///< the model's reply is not what was asked for
  no_common_prompt = 12,      ///< the answers of a pair are to different conversations
  equal_answers = 13,         ///< the answers of a pair are the same tokens
};

constexpr std::array<std::string_view, 14> kScoreStatusNames{"ok",
                                                             "empty_answer",
                                                             "answer_truncated_away",
                                                             "answer_too_short",
                                                             "non_finite",
                                                             "zero_denominator",
                                                             "bad_row",
                                                             "not_given",
                                                             "not_scored",
                                                             "template_refused",
                                                             "text_too_long",
                                                             "unreadable_reply",
                                                             "no_common_prompt",
                                                             "equal_answers"};

[[nodiscard]] constexpr std::string_view name_of(ScoreStatus status) {
  return kScoreStatusNames.at(static_cast<std::size_t>(status));
}

}  // namespace winnow::core
