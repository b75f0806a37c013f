#pragma once

#include <cstdint>

#include "tokenizer/tokenizer.hpp"

namespace winnow::tokenizer {

/// A token and the bytes [begin, end) of the word that it stands for.
struct WordToken {
  TokenId id = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

}  // namespace winnow::tokenizer
