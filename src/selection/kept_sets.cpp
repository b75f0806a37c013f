#include "selection/kept_sets.hpp"

#include <algorithm>
#include <limits>

#include "core/checked_cast.hpp"

namespace winnow::selection {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kFewestChains = 1024;

}  // namespace

core::Hash128 hash_of_set(std::span<const std::uint64_t> set) {
  return core::hash128({reinterpret_cast<const char*>(set.data()), set.size_bytes()});
}

double jaccard_similarity(std::span<const std::uint64_t> a, std::span<const std::uint64_t> b) {
  std::size_t shared = 0;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const std::uint64_t left = a[i];
    const std::uint64_t right = b[j];
    shared += left == right ? 1 : 0;
    i += left <= right ? 1 : 0;
    j += right <= left ? 1 : 0;
  }
  const std::size_t all = a.size() + b.size() - shared;
  return all == 0 ? 1 : static_cast<double>(shared) / static_cast<double>(all);
}

void Buckets::add(std::uint64_t key, std::uint32_t item) {
  if (entries_.size() == first_.size()) grow();
  std::uint32_t& first = first_[key & (first_.size() - 1)];
  entries_.push_back({key, item, first});
  first = core::checked_cast<std::uint32_t>(entries_.size() - 1);
}

void Buckets::grow() {
  first_.assign(std::max(kFewestChains, 2 * first_.size()), kNone);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    std::uint32_t& first = first_[entries_[i].key & (first_.size() - 1)];
    entries_[i].next = first;
    first = static_cast<std::uint32_t>(i);
  }
}

std::vector<std::uint32_t> Buckets::find(std::span<const std::uint64_t> keys) const {
  std::vector<std::uint32_t> items;
  if (first_.empty()) return items;
  for (const std::uint64_t key : keys)
    for (std::uint32_t i = first_[key & (first_.size() - 1)]; i != kNone; i = entries_[i].next)
      if (entries_[i].key == key) items.push_back(entries_[i].item);
  std::ranges::sort(items);
  const auto repeated = std::ranges::unique(items);
  items.erase(repeated.begin(), repeated.end());
  return items;
}

void KeptSets::keep(std::span<const std::uint64_t> set, std::span<const std::uint64_t> band_keys) {
  const auto kept = core::checked_cast<std::uint32_t>(size());
  for (const std::uint64_t key : band_keys) buckets_.add(key, kept);
  element_.insert(element_.end(), set.begin(), set.end());
  offset_.push_back(element_.size());
}

std::optional<KeptMatch> KeptSets::find(std::span<const std::uint64_t> set,
                                        std::span<const std::uint64_t> band_keys) const {
  for (const std::uint32_t kept : buckets_.find(band_keys)) {
    const auto other =
        std::span(element_).subspan(offset_[kept], offset_[kept + 1] - offset_[kept]);
    // Sets of such sizes cannot have a greater similarity than this.
    const double most = static_cast<double>(std::min(set.size(), other.size())) /
                        static_cast<double>(std::max(set.size(), other.size()));
    if (most < min_jaccard_similarity_) continue;
    const double similarity = jaccard_similarity(set, other);
    if (similarity >= min_jaccard_similarity_) return KeptMatch{kept, similarity};
  }
  return std::nullopt;
}

}  // namespace winnow::selection
