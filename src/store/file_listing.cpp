#include "store/file_listing.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/partition.hpp"
#include "store/read_file.hpp"

namespace winnow::store {
namespace {

/// Statuses in memory at a time.
constexpr std::uint64_t kRowsAtOnce = 1 << 20;
constexpr int kDeepest = 8;

auto count_statuses(const ReadFile& file, const std::string& path) {
  std::array<std::uint64_t, core::kScoreStatusNames.size()> counts{};
  const std::uint64_t rows = file.length(path);
  for (std::uint64_t begin = 0; begin < rows; begin += kRowsAtOnce)
    for (const core::ScoreStatus status : file.read_rows<core::ScoreStatus>(
             path, rows, {begin, std::min(rows, begin + kRowsAtOnce)}))
      ++counts[static_cast<std::size_t>(status)];
  return counts;
}

/// A file on its way into a listing. Of what we write every object has one name, and groups are
/// not deep.
class Listing {
 public:
  explicit Listing(const std::filesystem::path& path) : path_(path), file_(path) {}

  FileListing list() && {
    add("/", 0);
    return std::move(listing_);
  }

 private:
  void add(const std::string& object, int depth) {
    if (!met_.insert(file_.address(object)).second)
      fail(object, "is another name of an object that is listed already, expected one name each");
    if (!file_.is_group(object)) return add_dataset(object);
    if (depth == kDeepest)
      fail(object, fmt::format("lies within {} groups, expected fewer", kDeepest));
    listing_.groups.push_back({object, file_.attributes(object)});
    for (const std::string& child : file_.children(object))
      add(object == "/" ? "/" + child : object + "/" + child, depth + 1);
  }

  void add_dataset(const std::string& object) {
    ListedDataset dataset{
        object, file_.element(object), file_.shape(object), file_.attributes(object), {}};
    if (dataset.element == Element::score_status)
      dataset.status_counts = count_statuses(file_, object);
    listing_.datasets.push_back(std::move(dataset));
  }

  [[noreturn]] void fail(const std::string& object, const std::string& what) const {
    throw core::ModelError(fmt::format("{}: {} {}", path_.string(), object, what));
  }

  std::filesystem::path path_;
  ReadFile file_;
  FileListing listing_;
  std::set<std::uint64_t> met_;  ///< addresses
};

}  // namespace

FileListing list_file(const std::filesystem::path& path) { return Listing(path).list(); }

}  // namespace winnow::store
