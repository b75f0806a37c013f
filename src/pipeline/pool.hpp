#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/partition.hpp"
#include "pipeline/context.hpp"
#include "pipeline/index_stage.hpp"
#include "pipeline/numbers.hpp"
#include "selection/expression.hpp"
#include "selection/vectors.hpp"

namespace winnow::pipeline {

/// The rows of this rank that a step may choose from, ascending.
using Pool = std::vector<core::RowId>;

/// The whole share of this rank.
[[nodiscard]] Pool all_rows(const Context& context, const IndexedData& data);

/// What an expression came to: a number per row, and those that hold for all rows.
struct EvaluatedNumbers : Numbers {
  std::vector<selection::AggregateValue> aggregates;
};

/// Collective. The value of an expression for every row of the pool, 1 or 0 for a condition;
/// aggregates are over the pools of all ranks. A row that lacks a number has the status of the
/// first one it lacks; `non_finite` where the numbers are there and the result is none; a bad row
/// has none, whatever the expression names.
///
/// @param place   of the expression in the job file
/// @param scorer  whose numbers are meant where several scorers give one; may be empty
[[nodiscard]] EvaluatedNumbers evaluate(const Context& context, const std::string& place,
                                        const std::string& text, selection::ExpressionKind kind,
                                        const std::string& scorer, const Pool& pool);

/// A stored number of this rank's rows of `pool`.
/// @param stored  what NumberNames::find returned
[[nodiscard]] Numbers numbers_in(const RunFolder& folder, std::span<const StoredNumber> stored,
                                 const Pool& pool);

/// Of this rank's rows of `pool`, ok or bad_row.
[[nodiscard]] std::vector<core::ScoreStatus> row_status(const RunFolder& folder, const Pool& pool);

/// Of this rank's rows of `pool`, why each has a vector, or tags, of the scorer, or not.
[[nodiscard]] std::vector<core::ScoreStatus> status_in(const RunFolder& folder,
                                                       const std::string& scorer,
                                                       const std::string& score, const Pool& pool);

/// The vectors of the rows, row after row.  [rows.size(), dimension]
struct RowVectors {
  std::vector<float> values;
  std::size_t dimension = 0;

  [[nodiscard]] selection::Vectors view() const { return {values, dimension}; }
};
[[nodiscard]] RowVectors read_vectors(const RunFolder& folder, const std::string& scorer,
                                      const Pool& rows);

/// The tags of the rows: those of rows[i] are tag[offset[i]] to tag[offset[i + 1] - 1].
struct RowTags {
  std::vector<std::uint64_t> offset;
  std::vector<std::uint32_t> tag;
};
[[nodiscard]] RowTags read_tags(const RunFolder& folder, const std::string& scorer,
                                const Pool& rows);

}  // namespace winnow::pipeline
