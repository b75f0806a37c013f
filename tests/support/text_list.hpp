#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace winnow::test {

/// Texts that a Python script wrote: each a little-endian u32 length and that many bytes.
inline std::vector<std::string> read_text_list(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::vector<std::string> texts;
  std::uint32_t length = 0;
  while (file.read(reinterpret_cast<char*>(&length), sizeof length)) {
    std::string text(length, '\0');
    if (!file.read(text.data(), length))
      throw std::runtime_error(path.string() + " ends inside a text");
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace winnow::test
