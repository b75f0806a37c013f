#include "app/job_names.hpp"

#include <algorithm>
#include <cctype>

namespace winnow::app {
namespace {

constexpr std::size_t kLongestName = 200;

}  // namespace

std::filesystem::path resolved(const std::string& path, const std::filesystem::path& folder) {
  const std::filesystem::path given(path);
  return (given.is_absolute() ? given : folder / given).lexically_normal();
}

bool is_group_name(const std::string& name) {
  return !name.empty() && name.size() <= kLongestName && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) || c == '_' || c == '-' || c == '.';
         });
}

}  // namespace winnow::app
