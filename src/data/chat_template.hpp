#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "data/prompt_template.hpp"

namespace winnow::data {

/// A chat template as data: the fixed texts around each message. A vendor's Jinja template renders
/// conversations without tools as
///
///     [system?, earlier turns, user, assistant]:
///       start system_part { user_open user user_close assistant_open assistant assistant_close }*
///       user_open user user_close answer_open answer answer_close
///     [system?, earlier turns, user] with a generation prompt:
///       ... user_open user user_close generation_open
///     [assistant]:
///       direct_open answer answer_close
///
/// with Python's str.strip() on the messages whose `trim_` is set. docs/templates.md shows the
/// named forms.
struct ChatForm {
  enum class SystemPlace {
    block,          ///< system_open system system_close, or `no_system` where none is given
    in_first_user,  ///< system_open system system_close between user_open and the first user text
    in_last_user,   ///< the same in the last user text, but only where no answer follows (mistral)
    dropped,        ///< the template leaves it out
    refused,        ///< the template raises an error
  };

  std::string name;
  std::string start;  ///< once, before anything else (BOS)
  SystemPlace system_place = SystemPlace::block;
  std::string system_open;
  std::string system_close;
  std::string no_system;   ///< in place of the block: a vendor's default sentence, dates
  std::string own_system;  ///< system message where neither row nor job has one: a paper's sentence
  std::string user_open;
  std::string user_close;
  std::string assistant_open;  ///< around an earlier answer
  std::string assistant_close;
  std::string answer_open;   ///< before the scored answer, after `user_close`
  std::string answer_close;  ///< after the scored answer; scored
  std::string direct_open;   ///< everything before the answer of the direct text
  /// What the template adds with a generation prompt; nothing: not known, the form is only for
  /// answers that are there.
  std::optional<std::string> generation_open;
  /// The template raises an error unless user and assistant turns alternate, the user first.
  bool must_alternate = false;
  /// The template takes an empty system message for none.
  bool drops_empty_system = false;
  bool trim_system = false;
  bool trim_user = false;
  bool trim_assistant = false;
  bool trim_answer = false;
  /// Qwen 3's: of an answer `<think>R</think>C` only C is written, except that before the scored
  /// answer of a conversation `<think>`, R (or nothing) and `</think>` stand as part of its prompt.
  bool has_thoughts = false;

  bool operator==(const ChatForm&) const = default;
};

/// @throws core::UsageError if `options.system` is given and the form has no place for it.
[[nodiscard]] std::unique_ptr<PromptTemplate> make_chat_template(ChatForm form,
                                                                 TemplateOptions options);

/// The form that src/import/chat_template.py wrote into a model folder (`winnow_template.json`).
struct FolderForm {
  ChatForm form;
  std::string source;  ///< the chat template text that the form was derived from
};

/// @param json   contents of winnow_template.json
/// @param where  the file's path, for messages
/// @throws core::ModelError naming the file and the key that is missing, unknown or mistyped.
[[nodiscard]] FolderForm parse_folder_form(std::string_view json, std::string_view where);

/// Python's str.strip(): without the Unicode white space at both ends. `text` is UTF-8.
[[nodiscard]] std::string_view strip(std::string_view text);

}  // namespace winnow::data
