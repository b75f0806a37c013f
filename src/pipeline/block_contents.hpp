#pragma once

#include <cstdint>
#include <vector>

#include "core/partition.hpp"
#include "pipeline/run_folder.hpp"
#include "store/index_file.hpp"

namespace winnow::pipeline {

/// The rows of the indexed data, cut into blocks of `block_rows`; the last may have fewer.
class BlockContents {
 public:
  BlockContents(const RunFolder& folder, std::uint64_t block_rows)
      : index_(folder.index()), block_rows_(block_rows) {}

  [[nodiscard]] std::uint64_t blocks() const {
    return (index_.rows() + block_rows_ - 1) / block_rows_;
  }
  [[nodiscard]] core::RowRange rows_of(std::uint64_t block) const;
  /// Rows of the blocks that are marked. [blocks]
  [[nodiscard]] std::uint64_t rows_in(const std::vector<bool>& marked) const;
  /// A hash of the bytes of the block's rows: what was scored under it is valid for them, whatever
  /// rows came after. Cheap when asked in ascending order.
  [[nodiscard]] std::uint64_t content_of(std::uint64_t block);

 private:
  store::IndexReader index_;
  std::uint64_t block_rows_;
  core::RowRange window_;
  std::vector<std::uint64_t> hashes_;  ///< of the rows in window_
};

}  // namespace winnow::pipeline
