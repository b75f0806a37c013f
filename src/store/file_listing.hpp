#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/score_status.hpp"
#include "store/attributes.hpp"
#include "store/element.hpp"

namespace winnow::store {

struct ListedGroup {
  std::string path;  ///< "/" is the file
  Attributes attributes;
};

struct ListedDataset {
  std::string path;
  Element element{};
  std::vector<std::uint64_t> shape;
  Attributes attributes;
  /// Of a dataset of statuses: how often each stands there.
  std::optional<std::array<std::uint64_t, core::kScoreStatusNames.size()>> status_counts;
};

/// What stands in a finished file of ours, of whatever kind, ascending by path.
struct FileListing {
  std::vector<ListedGroup> groups;
  std::vector<ListedDataset> datasets;
};

/// @throws core::ModelError if the file is missing, damaged, incomplete, of a newer schema, or has
/// an object with two names or groups within groups as we never write them.
[[nodiscard]] FileListing list_file(const std::filesystem::path& path);

}  // namespace winnow::store
