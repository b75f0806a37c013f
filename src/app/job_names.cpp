#include "app/job_names.hpp"

#include <algorithm>
#include <cctype>

namespace winnow::app {
namespace {

constexpr std::size_t kLongestName = 200;

}  // namespace

bool is_group_name(const std::string& name) {
  return !name.empty() && name.size() <= kLongestName && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) || c == '_' || c == '-' || c == '.';
         });
}

std::string folder_name(const std::filesystem::path& folder) {
  const std::filesystem::path name = folder.filename();
  return name.empty() ? folder.parent_path().filename().string() : name.string();
}

}  // namespace winnow::app
