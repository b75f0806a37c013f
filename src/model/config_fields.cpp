#include "model/config_fields.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"

namespace winnow::model {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kLargestCount = 1 << 24;

}  // namespace

void ConfigFields::refuse(std::string_view name, std::string_view expected) const {
  const auto field = object_.find(name);
  const std::string found = field == object_.end()
                                ? "nothing"
                                : field->dump(-1, ' ', true, Json::error_handler_t::replace);
  throw core::ModelError(
      fmt::format("{}: `{}` is {}, expected {}", where_, name, found.substr(0, 200), expected));
}

bool ConfigFields::has_null(std::string_view name) const {
  const auto field = object_.find(name);
  return field != object_.end() && field->is_null();
}

const Json* ConfigFields::get(std::string_view name) const {
  const auto field = object_.find(name);
  return field == object_.end() || field->is_null() ? nullptr : &*field;
}

std::uint32_t ConfigFields::count(std::string_view name) const {
  const Json* field = get(name);
  if (field == nullptr || !field->is_number_unsigned() || field->get<std::uint64_t>() == 0 ||
      field->get<std::uint64_t>() > kLargestCount)
    refuse(name, fmt::format("an integer from 1 to {}", kLargestCount));
  return static_cast<std::uint32_t>(field->get<std::uint64_t>());
}

std::uint32_t ConfigFields::count(std::string_view name, std::uint32_t absent) const {
  return has(name) ? count(name) : absent;
}

std::uint32_t ConfigFields::whole(std::string_view name, std::uint32_t absent) const {
  const Json* field = get(name);
  if (field != nullptr && field->is_number_unsigned() && field->get<std::uint64_t>() == 0) return 0;
  return count(name, absent);
}

double ConfigFields::positive(std::string_view name) const {
  const Json* field = get(name);
  if (field == nullptr || !field->is_number() || !(field->get<double>() > 0) ||
      !std::isfinite(field->get<double>()))
    refuse(name, "a positive number");
  return field->get<double>();
}

double ConfigFields::positive(std::string_view name, double absent) const {
  return has(name) ? positive(name) : absent;
}

double ConfigFields::positive_or_none(std::string_view name, double absent) const {
  return has_null(name) ? 0 : positive(name, absent);
}

std::vector<float> ConfigFields::positive_list(std::string_view name, std::size_t size) const {
  const Json* field = get(name);
  const auto is_positive = [](const Json& value) {
    return value.is_number() && value.get<double>() > 0 && std::isfinite(value.get<double>());
  };
  if (field == nullptr || !field->is_array() || field->size() != size ||
      !std::all_of(field->begin(), field->end(), is_positive))
    refuse(name, fmt::format("a list of {} positive numbers", size));
  return field->get<std::vector<float>>();
}

bool ConfigFields::flag(std::string_view name, bool absent) const {
  const Json* field = get(name);
  if (field == nullptr) return absent;
  if (!field->is_boolean()) refuse(name, "true or false");
  return field->get<bool>();
}

std::string ConfigFields::text(std::string_view name, std::string_view absent) const {
  const Json* field = get(name);
  if (field == nullptr) return std::string(absent);
  if (!field->is_string()) refuse(name, "a string");
  return field->get<std::string>();
}

void ConfigFields::expect_only(std::initializer_list<std::string_view> known) const {
  for (const auto& [name, value] : object_.items()) {
    bool found = value.is_null();
    for (const std::string_view one : known) found = found || name == one;
    if (!found) refuse(name, "no such field here: winnow does not know what it changes");
  }
}

}  // namespace winnow::model
