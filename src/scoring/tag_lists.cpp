#include "scoring/tag_lists.hpp"

#include <iterator>
#include <optional>

#include "core/checked_cast.hpp"
#include "core/error.hpp"
#include "scoring/tag_name.hpp"
#include "scoring/tag_reply.hpp"

namespace winnow::scoring {

using core::ScoreStatus;

void TagLists::add(ScoreStatus status, std::span<const std::string> tags) {
  core::check(status == ScoreStatus::ok || tags.empty(), "a row without tags says why");
  status_.push_back(status);
  counts_.push_back(tags.size());
  for (const std::string& tag : tags) {
    const auto [place, is_new] =
        places_.try_emplace(tag, core::checked_cast<std::uint32_t>(names_.size()));
    if (is_new) names_.push_back(tag);
    tags_.push_back(place->second);
  }
}

void TagLists::add_block(const BlockScores& block) {
  const auto& replies = block.turns.get<std::string>("reply");
  const auto& statuses = block.turns.get<ScoreStatus>("status_reply");
  std::size_t turn = 0;
  for (const std::uint32_t turns : block.rows.get<std::uint32_t>("scored_turns")) {
    if (turns > replies.size() - turn)
      throw core::ModelError("journal: a block of replies has fewer user turns than its rows");
    ScoreStatus status = turns > 0 ? ScoreStatus::ok : ScoreStatus::bad_row;
    std::vector<Tag> all;
    for (const std::size_t end = turn + turns; turn < end; ++turn) {
      if (status != ScoreStatus::ok) continue;
      status = statuses[turn];
      if (status != ScoreStatus::ok) continue;
      std::optional<std::vector<Tag>> tags = parse_tag_reply(replies[turn]);
      if (tags)
        all.insert(all.end(), std::make_move_iterator(tags->begin()),
                   std::make_move_iterator(tags->end()));
      else
        status = ScoreStatus::unreadable_reply;
    }
    if (status != ScoreStatus::ok) all.clear();
    add(status, normalized_tags(all));
  }
}

}  // namespace winnow::scoring
