#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace winnow::model {

/// The fields of one JSON object of a model folder. null counts as absent. Whatever is not as it
/// should be is a core::ModelError that names file and field, what was found and what is expected.
class ConfigFields {
 public:
  /// @param object  outlives this
  /// @param where   the file, and the object in it; for messages
  ConfigFields(const nlohmann::json& object, std::string where)
      : object_(object), where_(std::move(where)) {}

  [[noreturn]] void refuse(std::string_view name, std::string_view expected) const;

  [[nodiscard]] bool has(std::string_view name) const { return get(name) != nullptr; }
  [[nodiscard]] bool has_null(std::string_view name) const;
  /// nullptr where absent.
  [[nodiscard]] const nlohmann::json* get(std::string_view name) const;

  /// An integer from 1 to 2^24.
  [[nodiscard]] std::uint32_t count(std::string_view name) const;
  [[nodiscard]] std::uint32_t count(std::string_view name, std::uint32_t absent) const;
  /// The same, or 0.
  [[nodiscard]] std::uint32_t whole(std::string_view name, std::uint32_t absent) const;
  [[nodiscard]] double positive(std::string_view name) const;
  [[nodiscard]] double positive(std::string_view name, double absent) const;
  /// 0 where the field is null.
  [[nodiscard]] double positive_or_none(std::string_view name, double absent) const;
  /// Exactly `size` positive numbers.
  [[nodiscard]] std::vector<float> positive_list(std::string_view name, std::size_t size) const;
  [[nodiscard]] bool flag(std::string_view name, bool absent) const;
  [[nodiscard]] std::string text(std::string_view name, std::string_view absent) const;
  void expect_only(std::initializer_list<std::string_view> known) const;

 private:
  const nlohmann::json& object_;
  std::string where_;
};

}  // namespace winnow::model
