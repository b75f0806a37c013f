#include "pipeline/seal_tags.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/checked_cast.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "scoring/tag_name.hpp"
#include "store/schema.hpp"

namespace winnow::pipeline {
namespace {

/// Names one behind the other, each after its length.
std::string packed(std::span<const std::string> names) {
  std::string bytes;
  for (const std::string& name : names) {
    const auto length = core::checked_cast<std::uint32_t>(name.size());
    bytes.append(reinterpret_cast<const char*>(&length), sizeof length);
    bytes += name;
  }
  return bytes;
}

/// Ascending, each once.
std::vector<std::string> distinct_names(std::span<const std::byte> bytes) {
  std::vector<std::string> names;
  while (!bytes.empty()) {
    std::uint32_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    bytes = bytes.subspan(sizeof length);
    names.emplace_back(reinterpret_cast<const char*>(bytes.data()), length);
    bytes = bytes.subspan(length);
  }
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  return names;
}

/// Collective. The distinct names of all ranks, ascending. Names travel to the ranks that their
/// hashes choose, and distinct ones from there to all.
std::vector<std::string> names_of_all(const mpi::Communicator& ranks,
                                      std::span<const std::string> mine) {
  std::string bytes;
  std::vector<std::uint64_t> lengths;
  mpi::agree_on(ranks, [&] {
    std::vector<std::vector<std::string>> to(static_cast<std::size_t>(ranks.size()));
    for (const std::string& name : mine) to[core::hash64(name) % to.size()].push_back(name);
    for (const std::vector<std::string>& names : to) {
      const std::size_t before = bytes.size();
      bytes += packed(names);
      lengths.push_back(bytes.size() - before);
    }
  });
  const mpi::GatheredBytes received =
      mpi::all_to_all_bytes(ranks, std::as_bytes(std::span(bytes)), lengths);
  const std::string owned =
      mpi::agree_on(ranks, [&] { return packed(distinct_names(received.bytes)); });
  const mpi::GatheredBytes all = mpi::all_gather_bytes(ranks, std::as_bytes(std::span(owned)));
  return mpi::agree_on(ranks, [&] { return distinct_names(all.bytes); });
}

}  // namespace

store::Attribute tag_rules() { return {"tag_rules", std::string(scoring::kTagRules)}; }

void write_tags(const mpi::Communicator& ranks, store::ScoreFileWriter& file,
                const scoring::TagLists& lists) {
  const std::vector<std::string> names = names_of_all(ranks, lists.names());
  core::check(names.size() <= std::numeric_limits<std::uint32_t>::max(),
              "distinct tags have 32-bit numbers");
  std::vector<double> n_tags;
  for (std::size_t row = 0; row < lists.counts().size(); ++row)
    n_tags.push_back(lists.status()[row] == core::ScoreStatus::ok
                         ? static_cast<double>(lists.counts()[row])
                         : std::numeric_limits<double>::quiet_NaN());
  std::vector<std::uint32_t> number_of;  // of this rank's names
  for (const std::string& name : lists.names())
    number_of.push_back(
        static_cast<std::uint32_t>(std::ranges::lower_bound(names, name) - names.begin()));
  std::vector<std::uint32_t> tags;
  std::vector<std::uint64_t> rows_with_tag(names.size());
  for (const std::uint32_t tag : lists.tags()) {
    tags.push_back(number_of[tag]);
    ++rows_with_tag[tags.back()];
  }
  mpi::sum_in_place(ranks, rows_with_tag);

  file.write_values(store::score::kNTags, n_tags, lists.status());
  file.write_column(store::score::kStatusNTags, std::span(lists.status()));
  file.write_tags({lists.counts(), tags, names, rows_with_tag});
}

}  // namespace winnow::pipeline
