#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/partition.hpp"
#include "core/score_status.hpp"
#include "pipeline/job.hpp"
#include "pipeline/run_folder.hpp"

namespace winnow::pipeline {

/// Where a named number of rows stands.
struct StoredNumber {
  std::string scorer;  ///< empty: the rows' own (`response_words`, ...)
  std::string name;
};

/// A row's tokens as a scorer counts them.
[[nodiscard]] StoredNumber token_count(const std::string& scorer);

/// The numbers per row that a job's expressions may name: those of the rows themselves, and those
/// of the scorers, as `name` or `scorer.name` (a character of the scorer's name that is no letter
/// or digit is written `_`).
class NumberNames {
 public:
  /// @param preferred  the scorer that a bare name means where several give it; may be empty
  NumberNames(const Job& job, std::string preferred);

  /// Every name, ascending.
  [[nodiscard]] std::vector<std::string> all() const;
  [[nodiscard]] bool has(const std::string& name) const;
  /// The one or, for `evol_score`, the two that a name stands for.
  /// @throws core::UsageError beginning with `place` if several scorers give it, or none
  [[nodiscard]] std::vector<StoredNumber> find(const std::string& place,
                                               const std::string& name) const;

 private:
  struct Entry {
    std::string name;
    StoredNumber number;
  };
  [[nodiscard]] std::vector<StoredNumber> givers(const std::string& name) const;

  std::vector<Entry> entries_;
  std::string preferred_;
};

/// Numbers of rows; one whose status is not ok means nothing.
struct Numbers {
  std::vector<double> value;
  std::vector<core::ScoreStatus> status;
};

/// The number of every row of `range`, from index.h5 and scores.h5.
/// @param stored  what NumberNames::find returned
[[nodiscard]] Numbers read_numbers(const RunFolder& folder, std::span<const StoredNumber> stored,
                                   core::RowRange range);

}  // namespace winnow::pipeline
