#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace winnow::tokenizer {

struct JsonMember;

/// A value inside a parsed JSON file that knows where it stands, so that every complaint names file
/// and place. All accessors throw core::ModelError "FILE: PLACE is a number, expected a string".
class JsonValue {
 public:
  /// Parses `bytes`. @throws core::ModelError for malformed JSON, invalid UTF-8 or more than 64
  /// levels.
  [[nodiscard]] static JsonValue parse(std::string_view bytes, const std::string& file);

  /// The member `key` of this object; nothing if it is absent or null.
  [[nodiscard]] std::optional<JsonValue> find(std::string_view key) const;
  [[nodiscard]] JsonValue at(std::string_view key) const;
  [[nodiscard]] std::vector<JsonValue> items() const;
  [[nodiscard]] std::vector<JsonMember> members() const;

  [[nodiscard]] bool is_string() const;
  [[nodiscard]] bool is_array() const;
  [[nodiscard]] const std::string& string() const;
  [[nodiscard]] bool boolean() const;
  [[nodiscard]] double number() const;
  /// A whole number in [0, limit).
  [[nodiscard]] std::int32_t index(std::int32_t limit) const;

  /// Throws core::ModelError "FILE: PLACE PROBLEM".
  [[noreturn]] void fail(std::string_view problem) const;

 private:
  struct Document;
  JsonValue(std::shared_ptr<const Document> document, const nlohmann::json* value);
  [[noreturn]] void fail_type(const char* expected) const;

  std::shared_ptr<const Document> document_;
  const nlohmann::json* value_;
};

struct JsonMember {
  std::string_view key;  ///< of the document that `value` keeps
  JsonValue value;
};

/// The bytes of a file of a model folder, at most 256 MB. @throws core::ModelError naming the file
/// if it is missing or too large.
[[nodiscard]] std::string read_model_file(const std::filesystem::path& path);

}  // namespace winnow::tokenizer
