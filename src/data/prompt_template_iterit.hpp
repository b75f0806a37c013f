#pragma once

#include <string_view>

namespace winnow::data {

/// The text whose tokens IterIT counts to find where its scored span starts: everything before the
/// last occurrence of `output` in `text`. Where `output` does not occur (a template trimmed it)
/// everything but the last character, as Python's text[:-1] gives: its span is then nearly always
/// empty. Both arguments are UTF-8; `output` is the row's, untrimmed. Source: JiaQiSJTU/IterIT
/// src/data_utils.py; methods.md 1a. Used by `faithful: true` only.
[[nodiscard]] std::string_view iterit_prefix(std::string_view text, std::string_view output);

}  // namespace winnow::data
