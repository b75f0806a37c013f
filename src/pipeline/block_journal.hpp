#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/journal.hpp"
#include "pipeline/block_contents.hpp"
#include "pipeline/context.hpp"

namespace winnow::pipeline {

/// Kind of a journal record that is of one block: its payload begins with a scoring::BlockHeader.
constexpr std::uint64_t kBlockRecord = 2;

/// Collective. True if the journal holds a whole record.
[[nodiscard]] bool journal_is_begun(const mpi::Communicator& communicator,
                                    const std::filesystem::path& folder);

/// What a journal holds of the blocks of some rows: of each block the first whole record.
class BlockJournal {
 public:
  /// Collective. Equal on all ranks. A record of other rows than those that now stand in its block
  /// (a last block that has grown) does not count.
  /// @param stage  in whose name damaged places are logged
  BlockJournal(const Context& context, const std::string& stage, std::filesystem::path folder,
               BlockContents& contents);

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] const std::vector<bool>& is_done() const { return is_done_; }  ///< [blocks]
  /// @throws core::ModelError if a block is missing
  void expect_all() const;
  /// The payload of a block's record. @throws core::ModelError if there is none, or it is damaged
  [[nodiscard]] std::string read(std::uint64_t block) const;

 private:
  struct Place {
    std::uint64_t block = 0;
    std::uint64_t segment = 0;  ///< into segments_
    core::JournalRecord record;
  };
  std::filesystem::path folder_;
  std::vector<std::filesystem::path> segments_;
  std::vector<Place> places_;  ///< by block, each once
  std::vector<bool> is_done_;
};

}  // namespace winnow::pipeline
