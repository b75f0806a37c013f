#include "store/score_file.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"
#include "store/schema.hpp"

namespace winnow::store {
namespace {

constexpr const char* kScores = "/scores";
constexpr const char* kEmbeddings = "/embeddings";
constexpr const char* kTurns = "/turns";
constexpr const char* kTags = "/tags";

std::string group_path(const std::string& scorer) { return std::string(kScores) + "/" + scorer; }
std::string dataset_path(const std::string& scorer, std::string_view dataset) {
  return group_path(scorer) + "/" + std::string(dataset);
}
std::string turns_path(const std::string& scorer, std::string_view dataset) {
  return std::string(kTurns) + "/" + scorer + "/" + std::string(dataset);
}

std::string tags_path(const std::string& scorer, const Field& field) {
  return std::string(kTags) + "/" + scorer + "/" + std::string(field.name);
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
  table_ = {group_path(scorer_), shape_.rows, shape_.mine};
  file_.create_group(table_.group, provenance_);
}

std::string ScoreFileWriter::embeddings_path(const std::string& scorer) {
  return std::string(kEmbeddings) + "/" + scorer;
}

Attributes ScoreFileWriter::attributes_with_provenance(const Field& field) const {
  Attributes all = attributes_of(field);
  all.insert(all.end(), provenance_.begin(), provenance_.end());
  return all;
}

void ScoreFileWriter::create_group_once(const char* group) {
  if (groups_.insert(group).second) file_.create_group(group);
}

void ScoreFileWriter::write_values(const Field& field, std::span<const double> values,
                                   std::span<const core::ScoreStatus> status) {
  file_.together(
      [&] { check_statuses(fmt::format("{}/{}", table_.group, field.name), values, status); });
  write_column(field, values);
}

void ScoreFileWriter::write_score(const ScoreColumn& column) {
  write_values({column.name, column.formula, column.unit, column.log_base, column.source},
               column.values, column.status);
  const std::string name = status_of(column.name);
  const std::string formula = fmt::format("why {} is undefined, or ok", column.name);
  write_column({name, formula, "1", kDoesNotApply, "winnow"}, column.status);
}

void ScoreFileWriter::begin_turns(std::span<const std::uint32_t> turns_of_rows) {
  create_group_once(kTurns);
  table_.group = std::string(kTurns) + "/" + scorer_;
  file_.create_group(table_.group, provenance_);
  const std::vector<std::uint64_t> lengths(turns_of_rows.begin(), turns_of_rows.end());
  const ParallelFile::Pieces turns =
      file_.write_offsets(turns_path(scorer_, turn::kRowOffsets.name), shape_.rows, shape_.mine,
                          lengths, attributes_with_provenance(turn::kRowOffsets));
  table_.rows = turns.total;
  table_.mine = turns.mine;
}

void ScoreFileWriter::write_tags(const TagColumns& columns) {
  const std::uint64_t count = columns.names.size();
  file_.together([&] {
    core::check(columns.rows_with_tag.size() == count, "every tag has a count of rows");
    core::check(std::ranges::all_of(columns.tags, [&](std::uint32_t tag) { return tag < count; }),
                "every tag has a name");
  });
  create_group_once(kTags);
  file_.create_group(std::string(kTags) + "/" + scorer_, provenance_);
  const ParallelFile::Pieces tags =
      file_.write_offsets(tags_path(scorer_, tag::kRowOffsets), shape_.rows, shape_.mine,
                          columns.counts, attributes_with_provenance(tag::kRowOffsets));
  file_.write_rows(tags_path(scorer_, tag::kTag), tags.total, tags.mine, columns.tags,
                   attributes_with_provenance(tag::kTag));
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint64_t> offsets{0};
  for (const std::string& name : columns.names) {
    bytes.insert(bytes.end(), name.begin(), name.end());
    offsets.push_back(bytes.size());
  }
  file_.write_replicated(tags_path(scorer_, tag::kNameOffsets),
                         std::span<const std::uint64_t>(offsets),
                         attributes_with_provenance(tag::kNameOffsets));
  file_.write_replicated(tags_path(scorer_, tag::kNames), std::span<const std::uint8_t>(bytes),
                         attributes_with_provenance(tag::kNames));
  file_.write_replicated(tags_path(scorer_, tag::kRowsWithTag), columns.rows_with_tag,
                         attributes_with_provenance(tag::kRowsWithTag));
}

void ScoreFileWriter::begin_embeddings(std::uint64_t dimension, Element element) {
  create_group_once(kEmbeddings);
  const std::string path = embeddings_path(scorer_);
  const Attributes attributes = attributes_with_provenance(score::kEmbedding);
  if (element == Element::f16)
    file_.create_matrix<core::Half>(path, shape_.rows, dimension, attributes);
  else
    file_.create_matrix<float>(path, shape_.rows, dimension, attributes);
}

void ScoreFileWriter::finish() { file_.finish(); }

ScoreFileReader::ScoreFileReader(const std::filesystem::path& path)
    : file_(path, kind::kScores), rows_(rows_of(file_)) {}

bool ScoreFileReader::has(const std::string& scorer, const std::string& score) const {
  return file_.has(dataset_path(scorer, score)) &&
         file_.has(dataset_path(scorer, status_of(score)));
}

std::vector<std::string> ScoreFileReader::score_names(const std::string& scorer) const {
  return names_of(scorer, Element::f64);
}

std::vector<std::string> ScoreFileReader::count_names(const std::string& scorer) const {
  return names_of(scorer, Element::u32);
}

std::vector<std::string> ScoreFileReader::names_of(const std::string& scorer,
                                                   Element element) const {
  std::vector<std::string> names;
  for (const std::string& name : file_.children(group_path(scorer)))
    if (file_.element(dataset_path(scorer, name)) == element) names.push_back(name);
  return names;
}

ScoreFileReader::Score ScoreFileReader::read_score(const std::string& scorer,
                                                   const std::string& score,
                                                   core::RowRange range) const {
  return {file_.read_rows<double>(dataset_path(scorer, score), rows_, range),
          read_status(scorer, score, range)};
}

std::vector<core::ScoreStatus> ScoreFileReader::read_status(const std::string& scorer,
                                                            const std::string& score,
                                                            core::RowRange range) const {
  return file_.read_rows<core::ScoreStatus>(dataset_path(scorer, status_of(score)), rows_, range);
}

std::vector<std::uint32_t> ScoreFileReader::read_counts(const std::string& scorer,
                                                        const std::string& name,
                                                        core::RowRange range) const {
  return file_.read_rows<std::uint32_t>(dataset_path(scorer, name), rows_, range);
}

ScoreFileReader::TurnScores ScoreFileReader::read_turns(const std::string& scorer,
                                                        const std::string& score,
                                                        core::RowRange range) const {
  const std::string path = turns_path(scorer, score);
  const std::uint64_t turns = file_.length(path);
  TurnScores result;
  result.row_offsets =
      file_.read_offsets(turns_path(scorer, turn::kRowOffsets.name), rows_, range, turns);
  const core::RowRange mine{result.row_offsets.front(), result.row_offsets.back()};
  for (std::uint64_t& offset : result.row_offsets) offset -= mine.begin;
  result.scores = {
      file_.read_rows<double>(path, turns, mine),
      file_.read_rows<core::ScoreStatus>(turns_path(scorer, status_of(score)), turns, mine)};
  return result;
}

ScoreFileReader::RowTags ScoreFileReader::read_tags(const std::string& scorer,
                                                    core::RowRange range) const {
  const std::string path = tags_path(scorer, tag::kTag);
  const std::uint64_t tags = file_.length(path);
  const std::uint64_t names = tag_count(scorer);
  RowTags result;
  result.row_offsets = file_.read_offsets(tags_path(scorer, tag::kRowOffsets), rows_, range, tags);
  const core::RowRange mine{result.row_offsets.front(), result.row_offsets.back()};
  for (std::uint64_t& offset : result.row_offsets) offset -= mine.begin;
  result.tags = file_.read_rows<std::uint32_t>(path, tags, mine);
  if (const auto bad = std::ranges::find_if(result.tags, [&](auto tag) { return tag >= names; });
      bad != result.tags.end())
    file_.fail(fmt::format("{} holds {}, expected places among {} names", path, *bad, names));
  return result;
}

bool ScoreFileReader::has_tags(const std::string& scorer) const {
  return file_.has(tags_path(scorer, tag::kTag));
}

std::uint64_t ScoreFileReader::tag_count(const std::string& scorer) const {
  return file_.length(tags_path(scorer, tag::kRowsWithTag));
}

std::vector<std::string> ScoreFileReader::tag_names(const std::string& scorer) const {
  const std::uint64_t count = tag_count(scorer);
  const auto bytes = file_.read_all<std::uint8_t>(tags_path(scorer, tag::kNames));
  const auto offsets =
      file_.read_offsets(tags_path(scorer, tag::kNameOffsets), count, {0, count}, bytes.size());
  std::vector<std::string> names;
  for (std::size_t name = 0; name < count; ++name)
    names.emplace_back(reinterpret_cast<const char*>(bytes.data()) + offsets[name],
                       offsets[name + 1] - offsets[name]);
  return names;
}

std::uint64_t ScoreFileReader::embedding_dimension(const std::string& scorer) const {
  const std::string path = std::string(kEmbeddings) + "/" + scorer;
  if (!file_.has(path)) return 0;
  const auto shape = file_.shape(path);
  return shape.size() == 2 ? shape.back() : 0;
}

std::vector<float> ScoreFileReader::read_embeddings(const std::string& scorer,
                                                    core::RowRange range) const {
  const std::string path = std::string(kEmbeddings) + "/" + scorer;
  const std::uint64_t dimension = embedding_dimension(scorer);
  if (file_.element(path) != Element::f16)
    return file_.read_matrix_rows<float>(path, rows_, dimension, range);
  const auto halves = file_.read_matrix_rows<core::Half>(path, rows_, dimension, range);
  std::vector<float> values(halves.size());
  std::ranges::transform(halves, values.begin(), core::to_float);
  return values;
}

}  // namespace winnow::store
