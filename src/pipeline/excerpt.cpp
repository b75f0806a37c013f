#include "pipeline/excerpt.hpp"

#include "core/error.hpp"

namespace winnow::pipeline {

std::string excerpt(const std::string& text, std::size_t characters) {
  std::string line = core::one_line(text);
  std::size_t end = 0;
  for (std::size_t i = 0; end < line.size() && i < characters; ++i)
    do ++end;
    while (end < line.size() && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80);
  return end < line.size() ? line.substr(0, end) + "..." : line;
}

}  // namespace winnow::pipeline
