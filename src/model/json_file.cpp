#include "model/json_file.hpp"

#include <cstdint>

#include <fmt/format.h>

#include "core/durable_file.hpp"
#include "core/error.hpp"

namespace winnow::model {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kLargestFile = 16 << 20;
constexpr int kDeepest = 64;  ///< what reads a value calls itself for what is inside

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& what) {
  throw core::ModelError(fmt::format("{}: {}", file.string(), what));
}

}  // namespace

std::optional<Json> read_json_file(const std::filesystem::path& file) {
  std::error_code failed;
  if (!std::filesystem::exists(file, failed)) return std::nullopt;
  const std::uint64_t size = std::filesystem::file_size(file, failed);
  if (!failed && size > kLargestFile)
    refuse(file, fmt::format("{} bytes, expected at most {}", size, kLargestFile));
  const auto bound_depth = [&](int around, Json::parse_event_t event, const Json&) {
    using Event = Json::parse_event_t;
    const bool opens = event == Event::object_start || event == Event::array_start;
    if (opens && around >= kDeepest)
      refuse(file, fmt::format("nested more than {} deep, expected a model's settings", kDeepest));
    return true;
  };
  try {
    return Json::parse(core::read_file(file, kLargestFile), bound_depth);
  } catch (const Json::exception& error) {
    refuse(file, fmt::format("not valid JSON: {}", core::one_line(error.what())));
  }
}

std::optional<Json> read_json_object(const std::filesystem::path& file) {
  std::optional<Json> json = read_json_file(file);
  if (json && !json->is_object()) refuse(file, "expected a JSON object");
  return json;
}

}  // namespace winnow::model
