#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/partition.hpp"
#include "pipeline/run_folder.hpp"
#include "store/index_file.hpp"

namespace winnow::pipeline {

/// Rows, cut into blocks of `block_rows`; the last may have fewer.
class BlockContents {
 public:
  /// Those of the indexed data.
  BlockContents(const RunFolder& folder, std::uint64_t block_rows)
      : index_(folder.index()), rows_(index_->rows()), block_rows_(block_rows) {}
  /// Others.
  /// @param hashes  of what each row is
  BlockContents(std::vector<std::uint64_t> hashes, std::uint64_t block_rows)
      : rows_(hashes.size()),
        block_rows_(block_rows),
        window_{0, hashes.size()},
        hashes_(std::move(hashes)) {}

  [[nodiscard]] std::uint64_t blocks() const { return (rows_ + block_rows_ - 1) / block_rows_; }
  [[nodiscard]] core::RowRange rows_of(std::uint64_t block) const;
  /// Rows of the blocks that are marked. [blocks]
  [[nodiscard]] std::uint64_t rows_in(const std::vector<bool>& marked) const;
  /// A hash of what the block's rows are: what was scored under it is valid for them, whatever
  /// rows came after. Cheap when asked in ascending order.
  [[nodiscard]] std::uint64_t content_of(std::uint64_t block);

 private:
  std::optional<store::IndexReader> index_;
  std::uint64_t rows_;
  std::uint64_t block_rows_;
  core::RowRange window_;
  std::vector<std::uint64_t> hashes_;  ///< of the rows in window_
};

}  // namespace winnow::pipeline
