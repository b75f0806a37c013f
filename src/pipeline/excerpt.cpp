#include "pipeline/excerpt.hpp"

#include "core/error.hpp"

namespace winnow::pipeline {

std::string excerpt(const std::string& text, std::size_t characters) {
  std::string line = core::one_line(text);
  const auto continues = [&](std::size_t byte) {
    return (static_cast<unsigned char>(line[byte]) & 0xC0) == 0x80;
  };
  std::size_t end = 0;
  for (std::size_t i = 0; end < line.size() && i < characters; ++i)
    for (++end; end < line.size() && continues(end);) ++end;
  return end < line.size() ? line.substr(0, end) + "..." : line;
}

}  // namespace winnow::pipeline
