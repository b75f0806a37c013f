#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "data/sample.hpp"

namespace winnow::data {

/// A text with the bytes whose tokens are scored. A token is scored when its bytes end after `begin` and begin before `end`: a token
/// that holds characters of prompt and answer belongs to the answer (design.md 6, "Spans").
struct RenderedText {
  std::string text;
  std::size_t answer_begin = 0;  ///< first byte of the answer
  std::size_t scored_end = 0;    ///< one past the last scored byte: the answer's end, or that of the closing tokens after it
};

/// The two texts of IFD: the answer after its prompt, and the answer alone.
struct RenderedPair {
  RenderedText conditional;
  RenderedText direct;
};

struct TemplateOptions {
  std::string system;               ///< system message for rows without one of their own; empty: none is given
  std::string join = "\nInput: ";  ///< between instruction and a non-empty input in a chat template's user text
};

/// A way to write a sample down for a model.
class PromptTemplate {
 public:
  virtual ~PromptTemplate() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// True when the tokenizer adds what it itself adds (BOS or nothing): `alpaca`, `vicuna`, `bare`. Chat templates write BOS out.
  [[nodiscard]] virtual bool tokenizer_adds_special_tokens() const = 0;
  /// True when the tokens that close the answer are scored.
  [[nodiscard]] virtual bool scores_closing_tokens() const = 0;
  [[nodiscard]] virtual RenderedPair render(const Sample& sample) const = 0;
};

}  // namespace winnow::data
