#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scoring/record_bytes.hpp"

namespace winnow::scoring {

/// Why a row has or has not an answer. A number never changes its meaning.
enum class ReplyStatus : std::uint8_t {
  ok = 0,
  bad_row = 1,           ///< the row could not be read
  template_refused = 2,  ///< the template has no way to write the row down
  empty_prompt = 3,      ///< no token to go on from
  prompt_too_long = 4,   ///< no room for an answer
  non_finite = 5,        ///< the model gave an infinity or NaN
};
constexpr std::array<std::string_view, 6> kReplyStatusNames{
    "ok", "bad_row", "template_refused", "empty_prompt", "prompt_too_long", "non_finite"};

/// What ended an answer.
enum class ReplyEnd : std::uint8_t {
  stop_id = 0,      ///< the model
  stop_string = 1,  ///< a stop string; the answer ends before it
  max_new_tokens = 2,
  max_length = 3,  ///< of prompt and answer
};
constexpr std::array<std::string_view, 4> kReplyEndNames{"stop_id", "stop_string", "max_new_tokens",
                                                         "max_length"};

struct Reply {
  ReplyStatus status = ReplyStatus::ok;
  ReplyEnd end = ReplyEnd::stop_id;  ///< meaningful where status is `ok`, as is all that follows
  std::uint32_t prompt_tokens = 0;   ///< also where the prompt is too long
  std::vector<std::int32_t> ids;     ///< tokens that hold some of the text, without a stop id
  std::string text;                  ///< without special tokens; UTF-8
  bool operator==(const Reply&) const = default;
};

/// One block of consecutive rows: what is journalled and resumed as a unit.
struct BlockReplies {
  BlockHeader header;
  std::vector<Reply> rows;
};

/// The journal's payload of a block: little-endian, equal for equal replies.
[[nodiscard]] std::string serialize(const BlockReplies& block);
/// @throws core::ModelError if the bytes are not a block's.
[[nodiscard]] BlockReplies deserialize_replies(std::string_view bytes);

}  // namespace winnow::scoring
