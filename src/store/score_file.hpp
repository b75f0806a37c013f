#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/score_status.hpp"
#include "store/rows_table.hpp"
#include "store/schema.hpp"

namespace winnow::store {

/// Where a scorer's numbers come from: attributes of all its datasets. What is not set is stored as
/// "does not apply".
struct ScorerInfo {
  std::string name = {};  ///< the job's name for it, "imported" for imported scores
  std::string code_version = {};
  std::optional<std::string> model_fingerprint = {};
  std::optional<std::string> tokenizer_hash = {};
  std::optional<std::string> prompt_template = {};
  std::optional<std::string> system = {};  ///< system text, may be empty
  std::optional<bool> scores_closing_tokens = {};
  std::optional<std::uint64_t> max_length = {};
  std::optional<std::string> dtype = {};
  std::optional<std::uint64_t> threads = {};     ///< per rank
  std::optional<std::string> math_library = {};  ///< its mode, where results depend on it
  Attributes more = {};                          ///< the import's file and key, ...
};

/// A score that the schema has no field for (an imported one): /scores/<scorer>/<name> and
/// status_<name>.
struct ScoreColumn {
  std::string name;
  std::string formula;
  std::string unit;
  std::string log_base;
  std::string source;
  std::span<const double> values;
  std::span<const core::ScoreStatus> status;
};

/// The tags of this rank's rows, as places among the names of all ranks.
struct TagColumns {
  std::span<const std::uint64_t> counts;         ///< [mine.size()]
  std::span<const std::uint32_t> tags;           ///< [sum of counts], each < names.size()
  std::span<const std::string> names;            ///< ascending; equal on all ranks
  std::span<const std::uint64_t> rows_with_tag;  ///< [names.size()]; equal on all ranks
};

/// Writes scores.h5: rows first, then each scorer's columns, then `finish`. Every method is
/// collective.
class ScoreFileWriter {
 public:
  ScoreFileWriter(const mpi::Communicator& communicator, const std::filesystem::path& path,
                  const RowsShape& shape);

  void write_rows(const RowColumns& columns, const std::string& code_version);
  /// Begins the group /scores/<scorer>; its columns follow.
  void begin_scorer(const ScorerInfo& info);
  /// Values beside their statuses: a value whose status is not ok is NaN, every other is finite.
  void write_values(const Field& field, std::span<const double> values,
                    std::span<const core::ScoreStatus> status);
  /// Counts or statuses.
  template <Storable T>
  void write_column(const Field& field, std::span<const T> values) {
    file_.write_rows(table_.group + "/" + std::string(field.name), table_.rows, table_.mine, values,
                     attributes_with_provenance(field));
  }
  void write_score(const ScoreColumn& column);
  /// Begins the group /turns/<scorer>; from now on columns are of turns. [mine.size()]
  void begin_turns(std::span<const std::uint32_t> turns_of_rows);
  /// The group /tags/<scorer>. @throws InternalError for columns that do not fit each other
  void write_tags(const TagColumns& columns);
  /// /embeddings/<scorer> [rows, dimension], f16 or f32, with its status in
  /// /scores/<scorer>/status_embedding; filled with `write_embeddings`.
  void begin_embeddings(std::uint64_t dimension, Element element);
  /// values: [rows.size(), dimension] of the current scorer; any number of calls, equally many on
  /// every rank (with no rows where a rank is through).
  template <Storable T>
  void write_embeddings(core::RowRange rows, std::span<const T> values) {
    file_.write_matrix_rows(embeddings_path(scorer_), rows, values);
  }
  void finish();

 private:
  /// Where columns go, and which of their rows this rank has.
  struct CurrentTable {
    std::string group;
    std::uint64_t rows = 0;
    core::RowRange mine;
  };
  [[nodiscard]] static std::string embeddings_path(const std::string& scorer);
  [[nodiscard]] Attributes attributes_with_provenance(const Field& field) const;
  void create_group_once(const char* group);

  ParallelFile file_;
  RowsShape shape_;
  std::string scorer_;
  Attributes provenance_;
  CurrentTable table_;
  std::set<std::string> groups_;
};

/// A finished scores.h5; each rank reads its own rows.
class ScoreFileReader {
 public:
  explicit ScoreFileReader(const std::filesystem::path& path);

  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  /// Names, ascending.
  [[nodiscard]] std::vector<std::string> scorers() const { return file_.children("/scores"); }
  /// The numbers per row of a scorer that have a status, ascending.
  [[nodiscard]] std::vector<std::string> score_names(const std::string& scorer) const;
  /// Its counts per row ("n_tokens", "n_cond", ...), ascending.
  [[nodiscard]] std::vector<std::string> count_names(const std::string& scorer) const;
  [[nodiscard]] RowTable read_rows(core::RowRange range) const {
    return read_rows_table(file_, range);
  }
  [[nodiscard]] bool has(const std::string& scorer, const std::string& score) const;

  struct Score {
    std::vector<double> values;  ///< by `status`: a value that is not ok means nothing
    std::vector<core::ScoreStatus> status;
  };
  /// Any score with its status ("ifd_ppl", "nll_cond_sum", "rating", ...).
  [[nodiscard]] Score read_score(const std::string& scorer, const std::string& score,
                                 core::RowRange range) const;
  /// Why each row has a score or not.
  [[nodiscard]] std::vector<core::ScoreStatus> read_status(const std::string& scorer,
                                                           const std::string& score,
                                                           core::RowRange range) const;
  /// A column of counts ("n_cond", "n_direct", "n_tokens").
  [[nodiscard]] std::vector<std::uint32_t> read_counts(const std::string& scorer,
                                                       const std::string& name,
                                                       core::RowRange range) const;
  /// Whether the scorer has numbers of turns.
  [[nodiscard]] bool has_turns(const std::string& scorer) const {
    return file_.has("/turns/" + scorer);
  }
  /// The turns of each row of `range` under one name, and of all of them the scores.
  struct TurnScores {
    std::vector<std::uint64_t> row_offsets;  ///< [range.size() + 1], from 0
    Score scores;                            ///< [row_offsets.back()]
  };
  [[nodiscard]] TurnScores read_turns(const std::string& scorer, const std::string& score,
                                      core::RowRange range) const;
  /// The tags of each row of `range`.
  struct RowTags {
    std::vector<std::uint64_t> row_offsets;  ///< [range.size() + 1], from 0
    std::vector<std::uint32_t> tags;         ///< [row_offsets.back()], each < tag_count
  };
  [[nodiscard]] RowTags read_tags(const std::string& scorer, core::RowRange range) const;
  [[nodiscard]] bool has_tags(const std::string& scorer) const;
  /// How many distinct tags the scorer's rows have.
  [[nodiscard]] std::uint64_t tag_count(const std::string& scorer) const;
  /// Their names, ascending. [tag_count]
  [[nodiscard]] std::vector<std::string> tag_names(const std::string& scorer) const;
  /// 0 if the scorer has no embeddings.
  [[nodiscard]] std::uint64_t embedding_dimension(const std::string& scorer) const;
  /// Stored as f16 or f32.
  [[nodiscard]] std::vector<float> read_embeddings(const std::string& scorer,
                                                   core::RowRange range) const;
  /// The attributes of a scorer (group /scores/<scorer>).
  [[nodiscard]] Attributes provenance(const std::string& scorer) const {
    return file_.attributes("/scores/" + scorer);
  }

 private:
  [[nodiscard]] std::vector<std::string> names_of(const std::string& scorer, Element element) const;

  ReadFile file_;
  std::uint64_t rows_;
};

}  // namespace winnow::store
