#pragma once

#include "mpi/communicator.hpp"
#include "scoring/tag_lists.hpp"
#include "store/score_file.hpp"

namespace winnow::pipeline {

/// The attribute that says how names were normalized.
[[nodiscard]] store::Attribute tag_rules();

/// Collective. Writes n_tags with its status and /tags of the scorer that was begun. Names are
/// numbered in ascending order over all ranks, so that the file does not depend on how the rows lie
/// over them; memory of this rank's rows and of all distinct names.
/// @param lists  of the rows that this rank writes
/// @throws core::InternalError on all ranks for 2^32 distinct names or more
void write_tags(const mpi::Communicator& ranks, store::ScoreFileWriter& file,
                const scoring::TagLists& lists);

}  // namespace winnow::pipeline
