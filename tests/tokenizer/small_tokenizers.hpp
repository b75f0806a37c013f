#pragma once

#include <string>

#include "tokenizer/tiny_tokenizer.hpp"

namespace winnow::test {

/// A WordPiece tokenizer.json as BERT has it.
inline const std::string kSmallWordPiece = R"({"version": "1.0",
  "added_tokens": [{"id": 0, "content": "[UNK]", "special": true, "normalized": false},
                   {"id": 1, "content": "[SEP]", "special": true, "normalized": false},
                   {"id": 2, "content": "[CLS]", "special": true, "normalized": false}],
  "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                 "strip_accents": null, "lowercase": true},
  "pre_tokenizer": {"type": "BertPreTokenizer"},
  "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 1], "cls": ["[CLS]", 2]},
  "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 10,
            "vocab": {"[UNK]": 0, "[SEP]": 1, "[CLS]": 2, "a": 3, "ap": 4, "##ple": 5, "##p": 6,
                      ".": 7, "\u6771": 8, "##a": 9, "##le": 10}}})";

/// A Unigram tokenizer.json as T5 has it.
inline const std::string kSmallUnigram = R"({"version": "1.0",
  "added_tokens": [{"id": 1, "content": "</s>", "special": true, "normalized": false}],
  "normalizer": {"type": "Sequence", "normalizers": [{"type": "Nmt"}, {"type": "NFKC"},
      {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
      {"type": "Strip", "strip_left": false, "strip_right": true}]},
  "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always",
                    "split": true},
  "post_processor": {"type": "TemplateProcessing",
      "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
      "special_tokens": {"</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]}}},
  "decoder": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": true},
  "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": false,
            "vocab": [["<unk>", 0.0], ["</s>", 0.0], ["\u2581", -2.0], ["a", -3.0], ["b", -3.5],
                      ["ab", -4.0], ["\u2581a", -4.5], ["bb", -20.0], ["\u2581abb", -12.0]]}})";

/// A tokenizer.json of BPE over characters as Llama 2 has it; 256 byte tokens from id 3 on.
inline std::string small_character_bpe() {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) {
    constexpr const char* kDigits = "0123456789ABCDEF";
    bytes += std::string(R"("<0x)") + kDigits[byte / 16] + kDigits[byte % 16] + R"(>": )" +
             std::to_string(3 + byte) + ", ";
  }
  return R"({"version": "1.0",
  "added_tokens": [{"id": 0, "content": "<unk>", "special": true, "normalized": false},
                   {"id": 1, "content": "<s>", "special": true, "normalized": false}],
  "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"},
      {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]},
  "pre_tokenizer": null,
  "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 1],
                     "trim_offsets": false, "add_prefix_space": false},
  "decoder": {"type": "Sequence", "decoders": [
      {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"},
      {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
  "model": {"type": "BPE", "dropout": null, "unk_token": "<unk>", "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": true, "byte_fallback": true,
            "vocab": {"<unk>": 0, "<s>": 1, "</s>": 2, )" +
         bytes + R"("\u2581": 259, "a": 260, "b": 261, "ab": 262, "\u2581ab": 263},
            "merges": ["a b", "\u2581 ab"]}})";
}

}  // namespace winnow::test
