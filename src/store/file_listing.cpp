#include "store/file_listing.hpp"

#include <algorithm>

#include "core/partition.hpp"
#include "store/read_file.hpp"

namespace winnow::store {
namespace {

/// Statuses in memory at a time.
constexpr std::uint64_t kRowsAtOnce = 1 << 20;

auto count_statuses(const ReadFile& file, const std::string& path) {
  std::array<std::uint64_t, core::kScoreStatusNames.size()> counts{};
  const std::uint64_t rows = file.length(path);
  for (std::uint64_t begin = 0; begin < rows; begin += kRowsAtOnce)
    for (const core::ScoreStatus status : file.read_rows<core::ScoreStatus>(
             path, rows, {begin, std::min(rows, begin + kRowsAtOnce)}))
      ++counts[static_cast<std::size_t>(status)];
  return counts;
}

void list(const ReadFile& file, const std::string& path, FileListing& listing) {
  if (!file.is_group(path)) {
    ListedDataset dataset{path, file.element(path), file.shape(path), file.attributes(path), {}};
    if (dataset.element == Element::score_status)
      dataset.status_counts = count_statuses(file, path);
    listing.datasets.push_back(std::move(dataset));
    return;
  }
  listing.groups.push_back({path, file.attributes(path)});
  for (const std::string& child : file.children(path))
    list(file, path == "/" ? "/" + child : path + "/" + child, listing);
}

}  // namespace

FileListing list_file(const std::filesystem::path& path) {
  FileListing listing;
  list(ReadFile(path), "/", listing);
  return listing;
}

}  // namespace winnow::store
