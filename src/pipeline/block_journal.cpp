#include "pipeline/block_journal.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "mpi/message.hpp"
#include "scoring/record_bytes.hpp"

namespace winnow::pipeline {
namespace {

/// Collective. A journal's segments: over a network file system each rank may not see all yet.
std::vector<std::filesystem::path> all_segments(const mpi::Communicator& ranks,
                                                const std::filesystem::path& folder) {
  const std::vector<std::string> listed = mpi::agree_on(ranks, [&] {
    std::vector<std::string> names;
    for (const auto& segment : core::journal_segments(folder))
      names.push_back(segment.filename().string());
    return names;
  });
  std::set<std::string> names;
  for (const auto& theirs : mpi::gather_messages(ranks, listed))
    names.insert(theirs.begin(), theirs.end());
  std::vector<std::filesystem::path> segments;
  for (const std::string& name :
       mpi::broadcast_message(ranks, std::vector<std::string>(names.begin(), names.end())))
    segments.push_back(folder / name);
  return segments;
}

}  // namespace

bool journal_is_begun(const mpi::Communicator& communicator, const std::filesystem::path& folder) {
  const std::vector<std::filesystem::path> segments = all_segments(communicator, folder);
  return ask_root(communicator, [&] {
    return std::ranges::any_of(segments, [](const std::filesystem::path& segment) {
      return !core::JournalReader(segment).records().empty();
    });
  });
}

BlockJournal::BlockJournal(const Context& context, const std::string& stage,
                           std::filesystem::path folder, BlockContents& contents)
    : folder_(std::move(folder)),
      segments_(all_segments(context.communicator, folder_)),
      is_done_(contents.blocks(), false) {
  const mpi::Communicator& ranks = context.communicator;
  std::uint64_t damaged = 0;
  const std::vector<Place> found = mpi::agree_on(ranks, [&] {
    std::vector<Place> places;
    for (auto s = static_cast<std::size_t>(ranks.rank()); s < segments_.size();
         s += static_cast<std::size_t>(ranks.size())) {
      const core::JournalReader reader(segments_[s]);
      damaged += reader.damaged();
      for (const core::JournalRecord& record : reader.records()) {
        if (record.kind != kBlockRecord) continue;
        const std::string payload = reader.read_beginning(record, sizeof(scoring::BlockHeader));
        const scoring::BlockHeader header =
            scoring::RecordReader(payload, "a block's record").header();
        if (header.block < contents.blocks() && header.content == contents.content_of(header.block))
          places.push_back({header.block, s, record});
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
  for (const Place& place : places_) is_done_[place.block] = true;
  damaged = mpi::sum(ranks, damaged);
  if (damaged > 0 && ranks.is_root())
    context.log.write(
        stage, fmt::format("{}: {} damaged places in the journal; their blocks are done again",
                           folder_.string(), damaged));
}

void BlockJournal::expect_all() const {
  if (places_.size() != is_done_.size())
    throw core::ModelError(
        fmt::format("{}: {} of {} blocks are in the journal: run the stage again", folder_.string(),
                    places_.size(), is_done_.size()));
}

std::string BlockJournal::read(std::uint64_t block) const {
  const auto place = std::ranges::lower_bound(places_, block, {}, &Place::block);
  if (place == places_.end() || place->block != block)
    throw core::ModelError(
        fmt::format("{}: block {} is not in the journal", folder_.string(), block));
  return core::read_record(segments_[place->segment], place->record);
}

}  // namespace winnow::pipeline
