#pragma once

#include <filesystem>

#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"
#include "store/attributes.hpp"
#include "store/index_file.hpp"
#include "store/score_file.hpp"

namespace winnow::pipeline {

/// What a selection is made from, for its file: `data_from` and, for each scorer that it uses,
/// `scores_from_<scorer>`: hashes that change with the data and with what the scorer's numbers were
/// made from.
[[nodiscard]] store::Attributes origin_of(const Context& context, const IndexedData& data,
                                          const SelectionJob& selection);

/// Whether the data and scores of a run are still those that a selection was made from.
/// @param noted  the attributes of the selection's file
[[nodiscard]] bool is_from(const store::Attributes& noted, const store::IndexReader& index,
                           const store::ScoreFileReader& scores);

/// The hash of a selection's subset, for its file.
[[nodiscard]] store::Attribute subset_hash(const std::filesystem::path& subset);
/// Whether a subset is, byte for byte, the one that a selection's file was written with.
[[nodiscard]] bool is_subset(const std::filesystem::path& subset, const store::Attributes& noted);

}  // namespace winnow::pipeline
