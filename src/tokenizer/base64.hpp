#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace winnow::tokenizer {

/// The bytes that `text` (RFC 4648, section 4) spells; nothing if it is not base64.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace winnow::tokenizer
