#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "data/sample.hpp"

namespace winnow::data {

/// A template has no way to write a sample down.
struct TemplateRefused : core::DataError {
  using core::DataError::DataError;
};

/// Bytes [begin, end) of a text.
struct ByteRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const ByteRange&) const = default;
};

/// A text with the bytes whose tokens are scored. A token is scored when it ends after
/// `answer_begin` and begins before `scored_end`: one that holds characters of prompt and answer
/// belongs to the answer (design.md 6, "Spans").
struct RenderedText {
  std::string text;
  std::size_t answer_begin = 0;  ///< first byte of the answer
  std::size_t answer_end = 0;    ///< one past its last byte; answer_begin where it trims to nothing
  std::size_t scored_end = 0;    ///< answer_end, or the end of the closing tokens behind it
  /// What ends the conversation behind `text` and is never scored (vicuna's `</s>`): embeddings of
  /// the whole conversation see it, tokenised on its own. Empty where there is nothing.
  std::string closing = {};
  /// The answers of earlier turns, each with what the template closes it by; ascending. Empty in a
  /// direct text.
  std::vector<ByteRange> earlier_answers = {};
};

/// A text on its way up to the answer.
struct Opening {
  std::string text;
  std::vector<ByteRange> earlier_answers;
  void append_answer(std::string_view answer, std::string_view closing) {
    const std::size_t begin = text.size();
    text.append(answer).append(closing);
    earlier_answers.push_back({begin, text.size()});
  }
};

/// The two texts of IFD: the answer after its prompt, and the answer alone.
struct RenderedPair {
  RenderedText conditional;
  RenderedText direct;
};

struct TemplateOptions {
  /// System message for rows without one of their own. Empty: none is given, or the template's own.
  std::string system;
  /// Between instruction and a non-empty input in the user text of chat templates and `vicuna`.
  std::string join = "\nInput: ";
};

/// A way to write a sample down for a model.
class PromptTemplate {
 public:
  virtual ~PromptTemplate() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// True when the tokenizer adds what it itself adds (BOS or nothing): `alpaca`, `vicuna`, `bare`.
  /// Chat templates write BOS out.
  [[nodiscard]] virtual bool tokenizer_adds_special_tokens() const = 0;
  /// True when the tokens that close the answer are scored.
  [[nodiscard]] virtual bool scores_closing_tokens() const = 0;
  /// @throws TemplateRefused for a sample that the template cannot write down (a system message it
  /// has no place for, roles that do not alternate where they must).
  [[nodiscard]] virtual RenderedPair render(const Sample& sample) const = 0;
  /// What a model goes on with to answer: the sample without its answer, and a chat template's
  /// generation prompt.
  /// @throws TemplateRefused as render, core::ModelError if the template's generation prompt is not
  /// known.
  [[nodiscard]] virtual std::string render_prompt(const Sample& sample) const = 0;
};

/// Every name that make_template knows, in the order of docs/templates.md.
[[nodiscard]] std::span<const std::string_view> template_names();

/// @throws core::UsageError for an unknown name (the message lists the names, nearest first) and
///         for an `options.system` that the template has no place for.
[[nodiscard]] std::unique_ptr<PromptTemplate> make_template(std::string_view name,
                                                            TemplateOptions options);

/// `template: auto`, the folder's own chat template: `winnow_template.json` of the folder, else the
/// named template that renders what `chat_template_text` (of tokenizer_config.json or
/// chat_template.jinja) renders.
/// @throws core::ModelError if there is none, if the text is unknown, or if winnow_template.json
///         was derived from another text.
[[nodiscard]] std::unique_ptr<PromptTemplate> template_for_folder(
    const std::filesystem::path& folder, std::string_view chat_template_text,
    TemplateOptions options);

}  // namespace winnow::data
