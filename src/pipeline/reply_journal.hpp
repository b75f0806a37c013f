#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/journal.hpp"
#include "pipeline/block_contents.hpp"
#include "pipeline/context.hpp"
#include "scoring/block_replies.hpp"

namespace winnow::pipeline {

/// Kind of a journal record that holds the replies of one block.
constexpr std::uint64_t kRepliesRecord = 2;

/// The blocks of replies that a journal holds, in the order of blocks, each once.
class ReplyJournal {
 public:
  /// Collective. Equal on all ranks. A record of other rows than those that now stand in its block
  /// (a last block that has grown) does not count.
  /// @param contents  of the rows that are answered
  ReplyJournal(const Context& context, const std::filesystem::path& folder,
               BlockContents& contents);

  [[nodiscard]] std::vector<bool> is_done() const;
  /// The replies of the i-th block that there is. @throws core::ModelError if it is damaged
  [[nodiscard]] scoring::BlockReplies read(std::size_t i) const;
  [[nodiscard]] std::size_t size() const { return places_.size(); }

 private:
  struct Place {
    std::uint64_t block = 0;
    std::uint64_t segment = 0;  ///< into segments_
    core::JournalRecord record;
  };
  std::uint64_t blocks_;
  std::vector<std::filesystem::path> segments_;
  std::vector<Place> places_;
};

}  // namespace winnow::pipeline
