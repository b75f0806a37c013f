#pragma once

#include <span>
#include <string_view>

#include "data/chat_template.hpp"

namespace winnow::data {

/// The named chat templates: vendors' own and IterIT's variants.
[[nodiscard]] std::span<const ChatForm> named_forms();

/// The named form that renders what this vendor's Jinja text renders; nullptr if the text is none
/// of those that were verified.
[[nodiscard]] const ChatForm* form_of_vendor_text(std::string_view chat_template_text);

}  // namespace winnow::data
