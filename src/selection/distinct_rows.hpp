#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/hash.hpp"
#include "selection/greedy.hpp"
#include "selection/objective.hpp"

namespace winnow::selection {

/// Rows of one content form one candidate, so that thousands of copies of a row cost no more than
/// one. The candidates' spans point into `member` and into the rows that they were made from.
struct DistinctRows {
  std::vector<Member> member;
  std::vector<Candidate> candidate;
  std::vector<double> diversity;  ///< of each candidate before any pick
};

/// @throws UsageError, InternalError as `greedy` says.
void check_greedy_input(const GreedyRows& rows, const GreedyRule& rule);

/// The content of row `i` with `term` [nnz] in place of the rows' own term numbers; no members yet.
[[nodiscard]] Candidate content_of(const tfidf::WeightedRows& rows,
                                   std::span<const std::uint32_t> term, std::size_t i);

[[nodiscard]] Member member_of(const GreedyRows& rows, std::size_t i);

/// Equal for rows of equal content and, but for a chance of 2^-128 per pair, for no others.
[[nodiscard]] core::Hash128 fingerprint(const Candidate& content);

/// Candidates in ascending order of their leaders: `leader[m]` is the local row whose content
/// member m has. A row that leads no member is no candidate. `diversity` is that of each local row
/// before any pick.
[[nodiscard]] DistinctRows group_by_leader(const tfidf::WeightedRows& rows,
                                           std::span<const std::uint32_t> term,
                                           std::span<const double> diversity,
                                           std::span<const std::uint32_t> leader,
                                           std::span<const Member> member);

/// The diversity of each local row.
[[nodiscard]] std::vector<double> diversities(const tfidf::WeightedRows& rows,
                                              std::span<const std::uint32_t> term,
                                              const Objective& objective);

/// The distinct rows of this rank alone.
[[nodiscard]] DistinctRows distinct_rows(const GreedyRows& rows, const Objective& objective);

}  // namespace winnow::selection
