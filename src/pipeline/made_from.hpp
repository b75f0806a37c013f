#pragma once

#include <optional>
#include <string>

#include "store/attributes.hpp"

namespace winnow::pipeline {

/// The attribute that says what a scorer's numbers or a selection were made from: the hash of it.
inline constexpr const char* kMadeFrom = "made_from";

/// The value of a text attribute; nothing where there is no such one.
[[nodiscard]] inline std::optional<std::string> text_of(const store::Attributes& attributes,
                                                        const std::string& name) {
  for (const store::Attribute& attribute : attributes)
    if (attribute.name == name)
      if (const auto* text = std::get_if<std::string>(&attribute.value)) return *text;
  return std::nullopt;
}

[[nodiscard]] inline std::optional<std::string> made_from(const store::Attributes& attributes) {
  return text_of(attributes, kMadeFrom);
}

}  // namespace winnow::pipeline
