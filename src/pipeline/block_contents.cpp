#include "pipeline/block_contents.hpp"

#include <algorithm>
#include <span>
#include <string_view>

#include "core/hash.hpp"

namespace winnow::pipeline {
namespace {

/// Rows whose hashes are in memory at a time.
constexpr std::uint64_t kWindowRows = 1 << 16;

}  // namespace

core::RowRange BlockContents::rows_of(std::uint64_t block) const {
  return {std::min(rows_, block * block_rows_), std::min(rows_, (block + 1) * block_rows_)};
}

std::uint64_t BlockContents::rows_in(const std::vector<bool>& marked) const {
  std::uint64_t rows = 0;
  for (std::uint64_t block = 0; block < marked.size(); ++block)
    if (marked[block]) rows += rows_of(block).size();
  return rows;
}

std::uint64_t BlockContents::content_of(std::uint64_t block) {
  const core::RowRange rows = rows_of(block);
  if (rows.begin < window_.begin || rows.end > window_.end) {
    window_ = {rows.begin, std::min(rows_, rows.begin + std::max(kWindowRows, block_rows_))};
    hashes_ = index_.value().read_hashes(window_);
  }
  const auto bytes =
      std::as_bytes(std::span(hashes_).subspan(rows.begin - window_.begin, rows.size()));
  return core::hash64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace winnow::pipeline
