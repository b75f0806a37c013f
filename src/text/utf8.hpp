#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::text {

/// Offset of the first byte that is not part of well-formed UTF-8 (no overlong forms, no
/// surrogates, nothing above U+10FFFF), or nullopt if all of it is.
[[nodiscard]] std::optional<std::size_t> find_invalid_utf8(std::string_view bytes);

struct CodePoint {
  char32_t value = 0;
  std::size_t length = 0;  ///< bytes it takes, at least 1
};

/// The code point that begins at `offset` < bytes.size(). A malformed byte counts as U+FFFD of
/// length 1.
[[nodiscard]] CodePoint decode_at(std::string_view bytes, std::size_t offset);

/// The code point that ends before `offset` > 0; malformed bytes as above.
[[nodiscard]] CodePoint decode_before(std::string_view bytes, std::size_t offset);

/// All code points of `bytes`.
[[nodiscard]] std::u32string decode(std::string_view bytes);

void append_utf8(std::string& bytes, char32_t code_point);

}  // namespace winnow::text
