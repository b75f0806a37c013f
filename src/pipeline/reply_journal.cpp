#include "pipeline/reply_journal.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/root_segments.hpp"

namespace winnow::pipeline {
ReplyJournal::ReplyJournal(const Context& context, const std::filesystem::path& folder,
                           BlockContents& contents)
    : blocks_(contents.blocks()), segments_(root_segments(context.communicator, folder)) {
  const mpi::Communicator& ranks = context.communicator;
  std::uint64_t damaged = 0;
  const std::vector<Place> found = mpi::agree_on(ranks, [&] {
    std::vector<Place> places;
    for (auto s = static_cast<std::size_t>(ranks.rank()); s < segments_.size();
         s += static_cast<std::size_t>(ranks.size())) {
      const core::JournalReader reader(segments_[s]);
      damaged += reader.damaged();
      for (const core::JournalRecord& record : reader.records()) {
        if (record.kind != kRepliesRecord) continue;
        const scoring::BlockReplies replies = scoring::deserialize_replies(reader.read(record));
        if (replies.block < blocks_ && replies.content == contents.content_of(replies.block))
          places.push_back({replies.block, s, record});
      }
    }
    return places;
  });
  places_ = mpi::all_gather(ranks, std::span<const Place>(found)).values;
  std::ranges::sort(places_, {}, [](const Place& place) {
    return std::tuple(place.block, place.segment, place.record.offset);
  });
  const auto repeated = std::ranges::unique(places_, {}, &Place::block);
  places_.erase(repeated.begin(), repeated.end());
  damaged = mpi::sum(ranks, damaged);
  if (damaged > 0 && ranks.is_root())
    context.log.write("generate",
                      fmt::format("{}: {} damaged places in the journal; their blocks are "
                                  "generated again",
                                  folder.string(), damaged));
}

std::vector<bool> ReplyJournal::is_done() const {
  std::vector<bool> done(blocks_, false);
  for (const Place& place : places_) done[place.block] = true;
  return done;
}

scoring::BlockReplies ReplyJournal::read(std::size_t i) const {
  const Place& place = places_.at(i);
  return scoring::deserialize_replies(core::read_record(segments_[place.segment], place.record));
}

}  // namespace winnow::pipeline
