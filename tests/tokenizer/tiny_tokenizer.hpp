#pragma once

#include <fstream>
#include <string>

#include "support/temporary_folder.hpp"
#include "tokenizer/byte_alphabet.hpp"
#include "tokenizer/tokenizer.hpp"

namespace winnow::test {

/// A tokenizer.json whose first 256 ids are the bytes themselves; the parts can be replaced.
struct TinyTokenizer {
  std::string more_vocab =
      R"(, "he": 256, "ll": 257, "hell": 258, "hello": 259, "\u0120hello": 260)";
  std::string merges = R"(["h e", "l l", "he ll", "hell o", "\u0120 hello"])";
  std::string model_options;
  std::string added_tokens =
      R"({"id": 261, "content": "<end>", "special": true, "normalized": false})";
  std::string normalizer = "null";
  std::string pre_tokenizer =
      R"({"type": "ByteLevel", "add_prefix_space": false, "use_regex": true})";
  std::string post_processor = "null";
  std::string decoder = R"({"type": "ByteLevel"})";

  [[nodiscard]] std::string json() const {
    std::string vocab;
    for (int byte = 0; byte < 256; ++byte) {
      const auto character = tokenizer::alphabet_character(static_cast<unsigned char>(byte));
      const std::string escape = character == "\"" || character == "\\" ? "\\" : "";
      vocab += (byte == 0 ? "\"" : ", \"") + escape + character + "\": " + std::to_string(byte);
    }
    return R"({"version": "1.0", "added_tokens": [)" + added_tokens + R"(], "normalizer": )" +
           normalizer + R"(, "pre_tokenizer": )" + pre_tokenizer + R"(, "post_processor": )" +
           post_processor + R"(, "decoder": )" + decoder + R"(, "model": {"type": "BPE", )" +
           model_options + R"("vocab": {)" + vocab + more_vocab + R"(}, "merges": )" + merges +
           "}}";
  }

  [[nodiscard]] tokenizer::Tokenizer load() const { return load_tokenizer_json(json()); }

  [[nodiscard]] static tokenizer::Tokenizer load_tokenizer_json(const std::string& bytes) {
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "tokenizer.json", std::ios::binary) << bytes;
    return tokenizer::Tokenizer::load(folder.path());
  }
};

}  // namespace winnow::test
