#include "store/score_file.hpp"

#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"
#include "store/schema.hpp"

namespace winnow::store {
namespace {

constexpr const char* kScores = "/scores";
constexpr const char* kEmbeddings = "/embeddings";

std::string group_path(const std::string& scorer) { return std::string(kScores) + "/" + scorer; }
std::string dataset_path(const std::string& scorer, std::string_view dataset) {
  return group_path(scorer) + "/" + std::string(dataset);
}
std::string embeddings_path(const std::string& scorer) {
  return std::string(kEmbeddings) + "/" + scorer;
}

/// The attributes of design.md 6 that say where a number comes from, in this order, then whatever
/// else the scorer tells.
Attributes provenance_of(const ScorerInfo& info) {
  const auto text = [](const std::optional<std::string>& value) {
    return value.value_or(kDoesNotApply);
  };
  const auto number = [](const std::optional<std::uint64_t>& value) {
    return value ? decltype(Attribute::value)(*value)
                 : decltype(Attribute::value)(std::string(kDoesNotApply));
  };
  Attributes result{
      {"model_fingerprint", text(info.model_fingerprint)},
      {"tokenizer_hash", text(info.tokenizer_hash)},
      {"template", text(info.prompt_template)},
      {"system", text(info.system)},
      {"scores_closing_tokens",
       info.scores_closing_tokens ? (*info.scores_closing_tokens ? "yes" : "no") : kDoesNotApply},
      {"max_length", number(info.max_length)},
      {"dtype", text(info.dtype)},
      {"threads", number(info.threads)},
      {"math_library", text(info.math_library)},
      {"code_version", info.code_version}};
  result.insert(result.end(), info.more.begin(), info.more.end());
  return result;
}

Attributes joined(Attributes first, const Attributes& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

/// `ok` says that there is a number, every other status that there is none.
void check_statuses(const std::string& path, std::span<const double> values,
                    std::span<const core::ScoreStatus> status) {
  core::check(values.size() == status.size(), "a score has one status per value");
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::isfinite(values[i]) != (status[i] == core::ScoreStatus::ok))
      throw core::InternalError(fmt::format("{}: value {} of this rank is {} with status {}", path,
                                            i, values[i], name_of(status[i])));
}

}  // namespace

ScoreFileWriter::ScoreFileWriter(const mpi::Communicator& communicator,
                                 const std::filesystem::path& path, const RowsShape& shape)
    : file_(communicator, path, kind::kScores), shape_(shape) {
  file_.create_group(kScores);
}

void ScoreFileWriter::write_rows(const RowColumns& columns, const std::string& code_version) {
  ScorerInfo nobody;
  nobody.code_version = code_version;
  write_rows_table(file_, shape_, columns, provenance_of(nobody));
}

void ScoreFileWriter::begin_scorer(const ScorerInfo& info) {
  scorer_ = info.name;
  provenance_ = provenance_of(info);
  file_.create_group(group_path(scorer_), provenance_);
}

template <class T>
void ScoreFileWriter::write_column(const Field& field, std::span<const T> values) {
  file_.write_rows(dataset_path(scorer_, field.name), shape_.rows, shape_.mine, values,
                   joined(attributes_of(field), provenance_));
}

void ScoreFileWriter::write_losses(const LossColumns& columns) {
  file_.together([&] {
    check_statuses(dataset_path(scorer_, score::kNllCondSum.name), columns.nll_cond_sum,
                   columns.status_cond);
    check_statuses(dataset_path(scorer_, score::kNllDirectSum.name), columns.nll_direct_sum,
                   columns.status_direct);
  });
  write_column(score::kNllCondSum, columns.nll_cond_sum);
  write_column(score::kNCond, columns.n_cond);
  write_column(score::kNllDirectSum, columns.nll_direct_sum);
  write_column(score::kNDirect, columns.n_direct);
  write_column(score::kNTokens, columns.n_tokens);
  write_column(score::kPplCond, columns.ppl_cond);
  write_column(score::kPplDirect, columns.ppl_direct);
  write_column(score::kIfdPpl, columns.ifd_ppl);
  write_column(score::kIfdLoss, columns.ifd_loss);
  write_column(score::kStatusCond, columns.status_cond);
  write_column(score::kStatusDirect, columns.status_direct);
  write_column(score::kStatusIfd, columns.status_ifd);
}

void ScoreFileWriter::write_score(const ScoreColumn& column) {
  file_.together(
      [&] { check_statuses(dataset_path(scorer_, column.name), column.values, column.status); });
  write_column({column.name, column.formula, column.unit, column.log_base, column.source},
               column.values);
  write_status(column.name, column.status);
}

void ScoreFileWriter::write_status(std::string_view score,
                                   std::span<const core::ScoreStatus> status) {
  const std::string name = status_of(score);
  const std::string formula = fmt::format("why {} is undefined, or ok", score);
  write_column({name, formula, "1", kDoesNotApply, "winnow"}, status);
}

void ScoreFileWriter::begin_embeddings(std::uint64_t dimension,
                                       std::span<const core::ScoreStatus> status) {
  write_status(score::kEmbedding.name, status);
  if (!has_embeddings_) file_.create_group(kEmbeddings);
  has_embeddings_ = true;
  file_.create_matrix<float>(embeddings_path(scorer_), shape_.rows, dimension,
                             joined(attributes_of(score::kEmbedding), provenance_));
}

void ScoreFileWriter::write_embeddings(core::RowRange rows, std::span<const float> values) {
  file_.write_matrix_rows(embeddings_path(scorer_), rows, values);
}

void ScoreFileWriter::finish() { file_.finish(); }

ScoreFileReader::ScoreFileReader(const std::filesystem::path& path)
    : file_(path, kind::kScores), rows_(rows_of(file_)) {}

bool ScoreFileReader::has(const std::string& scorer, const std::string& score) const {
  return file_.has(dataset_path(scorer, score)) &&
         file_.has(dataset_path(scorer, status_of(score)));
}

ScoreFileReader::Score ScoreFileReader::read_score(const std::string& scorer,
                                                   const std::string& score,
                                                   core::RowRange range) const {
  return {file_.read_rows<double>(dataset_path(scorer, score), rows_, range),
          file_.read_rows<core::ScoreStatus>(dataset_path(scorer, status_of(score)), rows_, range)};
}

std::vector<std::uint32_t> ScoreFileReader::read_counts(const std::string& scorer,
                                                        const std::string& name,
                                                        core::RowRange range) const {
  return file_.read_rows<std::uint32_t>(dataset_path(scorer, name), rows_, range);
}

std::uint64_t ScoreFileReader::embedding_dimension(const std::string& scorer) const {
  const auto shape = file_.shape(embeddings_path(scorer));
  return shape.size() == 2 ? shape.back() : 0;
}

std::vector<float> ScoreFileReader::read_embeddings(const std::string& scorer,
                                                    core::RowRange range) const {
  return file_.read_matrix_rows<float>(embeddings_path(scorer), rows_, embedding_dimension(scorer),
                                       range);
}

}  // namespace winnow::store
