#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
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

/// This rank's answer losses; every span is [mine.size()]. A value whose status is not ok is NaN.
struct LossColumns {
  std::span<const double> nll_cond_sum;
  std::span<const std::uint32_t> n_cond;
  std::span<const double> nll_direct_sum;
  std::span<const std::uint32_t> n_direct;
  std::span<const std::uint32_t> n_tokens;  ///< of the conditional text
  std::span<const double> ppl_cond;
  std::span<const double> ppl_direct;
  std::span<const double> ifd_ppl;
  std::span<const double> ifd_loss;
  std::span<const core::ScoreStatus> status_cond;
  std::span<const core::ScoreStatus> status_direct;
  std::span<const core::ScoreStatus> status_ifd;
};

/// One score of another kind (imported, a rating, ...): /scores/<scorer>/<name> and status_<name>.
struct ScoreColumn {
  std::string name;
  std::string formula;
  std::string unit;
  std::string log_base;
  std::string source;
  std::span<const double> values;
  std::span<const core::ScoreStatus> status;
};

/// Writes scores.h5: rows first, then each scorer's columns, then `finish`. Every method is
/// collective.
class ScoreFileWriter {
 public:
  ScoreFileWriter(const mpi::Communicator& communicator, const std::filesystem::path& path,
                  const RowsShape& shape);

  void write_rows(const RowColumns& columns, const std::string& code_version);
  /// Begins the group of a scorer; its columns follow.
  void begin_scorer(const ScorerInfo& info);
  void write_losses(const LossColumns& columns);
  void write_score(const ScoreColumn& column);
  /// /embeddings/<scorer> f32 [rows, dimension] with status /scores/<scorer>/status_embedding;
  /// filled with `write_embeddings`.
  void begin_embeddings(std::uint64_t dimension, std::span<const core::ScoreStatus> status);
  /// values: [rows.size(), dimension] of the current scorer; any number of calls, equally many on
  /// every rank (with no rows where a rank is through).
  void write_embeddings(core::RowRange rows, std::span<const float> values);
  void finish();

 private:
  template <class T>
  void write_column(const Field& field, std::span<const T> values);
  void write_status(std::string_view score, std::span<const core::ScoreStatus> status);

  ParallelFile file_;
  RowsShape shape_;
  std::string scorer_;
  Attributes provenance_;
  bool has_embeddings_ = false;
};

/// A finished scores.h5; each rank reads its own rows.
class ScoreFileReader {
 public:
  explicit ScoreFileReader(const std::filesystem::path& path);

  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  /// Names, ascending.
  [[nodiscard]] std::vector<std::string> scorers() const { return file_.children("/scores"); }
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
  /// A column of counts ("n_cond", "n_direct", "n_tokens").
  [[nodiscard]] std::vector<std::uint32_t> read_counts(const std::string& scorer,
                                                       const std::string& name,
                                                       core::RowRange range) const;
  [[nodiscard]] std::uint64_t embedding_dimension(const std::string& scorer) const;
  [[nodiscard]] std::vector<float> read_embeddings(const std::string& scorer,
                                                   core::RowRange range) const;
  /// The attributes of a scorer (group /scores/<scorer>).
  [[nodiscard]] Attributes provenance(const std::string& scorer) const {
    return file_.attributes("/scores/" + scorer);
  }

 private:
  ReadFile file_;
  std::uint64_t rows_;
};

}  // namespace winnow::store
