#pragma once

#include <optional>
#include <string>

#include "store/attributes.hpp"

namespace winnow::pipeline {

/// The attribute that says what a scorer's numbers or a selection were made from: the hash of it.
inline constexpr const char* kMadeFrom = "made_from";

/// Its value; nothing where it was not written.
[[nodiscard]] inline std::optional<std::string> made_from(const store::Attributes& attributes) {
  for (const store::Attribute& attribute : attributes)
    if (attribute.name == kMadeFrom) return std::get<std::string>(attribute.value);
  return std::nullopt;
}

}  // namespace winnow::pipeline
