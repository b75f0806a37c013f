#include "pipeline/seal_stage.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/block_contents.hpp"
#include "pipeline/imported_scores.hpp"
#include "pipeline/imported_tags.hpp"
#include "pipeline/made_from.hpp"
#include "pipeline/numbers.hpp"
#include "pipeline/seal_scorer.hpp"
#include "pipeline/seal_tags.hpp"
#include "pipeline/version.hpp"
#include "scoring/tag_reply.hpp"
#include "store/index_file.hpp"
#include "store/schema.hpp"
#include "store/score_file.hpp"

namespace winnow::pipeline {
namespace {

using core::ScoreStatus;

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

void count_statuses(Context& context, const std::string& scorer, const std::string& score,
                    const std::vector<ScoreStatus>& status) {
  std::vector<std::uint64_t> counts(core::kScoreStatusNames.size());
  for (const ScoreStatus s : status) ++counts[static_cast<std::size_t>(s)];
  mpi::sum_in_place(context.communicator, counts);
  auto& summary = context.summary["status"][scorer][score];
  summary = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0 || i == 0) summary[std::string(core::kScoreStatusNames[i])] = counts[i];
}

/// An imported score, or tags, under the name that the job gives it.
struct Imported {
  std::string scorer;
  std::string key;
  std::string as;
  std::string file_hash;
  ImportedScores scores;                  ///< of all rows
  std::optional<scoring::TagLists> tags;  ///< of this rank's, in place of scores

  /// The score that has a status.
  [[nodiscard]] std::string score() const {
    return tags ? std::string(store::score::kNTags.name) : as;
  }
};

bool is_derived(const std::string& name) {
  return name == "ifd_ppl" || name == "ifd_loss" || name == "ppl_cond" || name == "ppl_direct";
}

/// The summary's name for a score's status: that of its dataset without `status_`.
std::string status_of(const std::string& score) {
  return store::status_of(score).substr(std::string_view("status_").size());
}

store::ScoreColumn column_of(const Imported& imported, core::RowRange mine) {
  store::ScoreColumn column;
  column.name = imported.as;
  column.formula = "imported";
  column.unit = is_derived(imported.as) ? "1" : store::kNotGiven;
  column.log_base = is_derived(imported.as) ? "e" : store::kNotGiven;
  column.source = "imported from a file";
  column.values = std::span(imported.scores.values).subspan(mine.begin, mine.size());
  column.status = std::span(imported.scores.status).subspan(mine.begin, mine.size());
  return column;
}

/// Imported numbers, none for a row that could not be read: every status of that is `bad_row`.
ImportedScores read_import(const Context& context, const IndexedData& data,
                           const ImportedScorer& scorer) {
  ImportedScores scores = read_imported_scores(scorer, data.rows);
  if (is_derived(scorer.as))
    for (std::size_t i = 0; i < scores.values.size(); ++i)
      if (scores.status[i] == ScoreStatus::ok && scores.values[i] < 0)
        throw core::DataError(fmt::format("{}: row {}: found {}, expected {} of 0 or more",
                                          scorer.path.string(), i, scores.values[i], scorer.as));
  const auto rows = store::IndexReader(context.folder.index()).read_status({0, data.rows});
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i] != ScoreStatus::ok) {
      scores.status[i] = rows[i];
      scores.values[i] = kUndefined;
    }
  return scores;
}

ImportedTags read_tags(const Context& context, const IndexedData& data,
                       const ImportedScorer& scorer, core::RowRange mine) {
  const auto status = store::IndexReader(context.folder.index()).read_status(mine);
  return read_imported_tags(scorer, data.rows, mine, status);
}

Imported open_import(const Context& context, const IndexedData& data, const Scorer& scorer,
                     core::RowRange mine) {
  Imported imported{scorer.name, scorer.imported->key, scorer.imported->as, {}, {}, {}};
  if (imported.as == "tags") {
    ImportedTags tags = read_tags(context, data, *scorer.imported, mine);
    imported.file_hash = std::move(tags.file_hash);
    imported.tags = std::move(tags.lists);
  } else {
    imported.scores = read_import(context, data, *scorer.imported);
    imported.file_hash = imported.scores.file_hash;
  }
  return imported;
}

std::string import_key(const Imported& imported, const IndexedData& data) {
  ScorerBinding made{
      {"data", data.key}, {"file", imported.file_hash}, {"key", imported.key}, {"as", imported.as}};
  if (imported.tags) made["tag_reader"] = scoring::kTagReaderVersion;
  return key_of(made);
}

std::string made_from_key(const JournalledScorer& scorer, const IndexedData& data) {
  ScorerBinding made{{"data", data.key}, {"scorer", scorer.binding}};
  if (has_tags(scorer)) made["tag_reader"] = scoring::kTagReaderVersion;
  return key_of(made);
}

/// True if scores.h5 holds just these scorers, made from just this.
bool is_current(const Context& context, const std::map<std::string, std::string>& keys,
                std::uint64_t rows) {
  if (!std::filesystem::exists(context.folder.scores())) return false;
  const store::ScoreFileReader file(context.folder.scores());
  std::map<std::string, std::string> found;
  for (const std::string& scorer : file.scorers())
    if (const auto key = made_from(file.provenance(scorer))) found[scorer] = *key;
  return found == keys && file.rows() == rows;
}

/// Collective. Distinct tags of every scorer that has tags, into the summary.
void count_tags(Context& context) {
  mpi::agree_on(context.communicator, [&] {
    if (!context.communicator.is_root()) return;
    const store::ScoreFileReader file(context.folder.scores());
    for (const std::string& scorer : file.scorers())
      if (file.has_tags(scorer))
        context.summary["scorers"][scorer]["distinct_tags"] = file.tag_count(scorer);
  });
}

void count_from_file(Context& context, const std::string& scorer,
                     const std::vector<std::string>& scores, core::RowRange mine) {
  context.summary["status"][scorer] = nlohmann::ordered_json::object();
  for (const std::string& score : scores)
    count_statuses(
        context, scorer, status_of(score), mpi::agree_on(context.communicator, [&] {
          return store::ScoreFileReader(context.folder.scores()).read_status(scorer, score, mine);
        }));
}

/// Token counts have no statuses of their own in the file: where they are all that a scorer gives,
/// this is where rows without any are told.
void count_rows_with_tokens(Context& context, const Scorer& scorer, core::RowRange mine) {
  if (!scorer.model || !counts_tokens(*scorer.model)) return;
  if (!context.summary["status"][scorer.name].empty()) return;
  const StoredNumber tokens = token_count(scorer.name);
  count_statuses(context, scorer.name, tokens.name, mpi::agree_on(context.communicator, [&] {
                   return read_numbers(context.folder, {&tokens, 1}, mine).status;
                 }));
}

/// The rows that this rank writes: whole blocks.
core::RowRange rows_of_rank(const mpi::Communicator& ranks, const BlockContents& contents) {
  const core::RowRange blocks = share_of(ranks, contents.blocks());
  return {contents.rows_of(blocks.begin).begin, contents.rows_of(blocks.end).begin};
}

void write(const Context& context, const IndexedData& data,
           const std::vector<JournalledScorer>& scorers, const std::vector<Imported>& imported,
           BlockContents& contents) {
  const mpi::Communicator& ranks = context.communicator;
  const core::RowRange mine = rows_of_rank(ranks, contents);
  const store::RowTable table =
      mpi::agree_on(ranks, [&] { return store::IndexReader(context.folder.index()).read(mine); });
  store::RowsShape shape;
  shape.rows = data.rows;
  shape.mine = mine;
  shape.has_files = data.data_set.files.size() > 1;
  shape.has_ids = !data.data_set.schema.id_field.empty();
  store::ScoreFileWriter file(ranks, context.folder.scores(), shape);
  file.write_rows(table.columns(), kVersion);
  for (const JournalledScorer& scorer : scorers) {
    const BlockJournal journal(context, "seal", context.folder.journal(scorer.name), contents);
    write_scorer(context, file, scorer, made_from_key(scorer, data), journal, contents);
  }
  for (const Imported& import : imported) {
    store::ScorerInfo info;
    info.name = import.scorer;
    info.code_version = kVersion;
    info.more = {{"file_hash", import.file_hash},
                 {"key", import.key},
                 {kMadeFrom, import_key(import, data)}};
    if (import.tags) info.more.push_back(tag_rules());
    file.begin_scorer(info);
    if (import.tags)
      write_tags(ranks, file, *import.tags);
    else
      file.write_score(column_of(import, mine));
  }
  file.finish();
}

}  // namespace

void seal(Context& context, const IndexedData& data, const std::vector<JournalledScorer>& scorers) {
  const StageTimer timer(context, "seal");
  const mpi::Communicator& ranks = context.communicator;
  BlockContents contents =
      mpi::agree_on(ranks, [&] { return BlockContents(context.folder, context.job.block_rows); });
  std::vector<Imported> imported;
  for (const Scorer& scorer : context.job.scorers)
    if (scorer.imported)
      imported.push_back(mpi::agree_on(ranks, [&] {
        return open_import(context, data, scorer, rows_of_rank(ranks, contents));
      }));

  std::map<std::string, std::string> keys;
  for (const JournalledScorer& scorer : scorers) keys[scorer.name] = made_from_key(scorer, data);
  for (const Imported& import : imported) keys[import.scorer] = import_key(import, data);
  if (!ask_root(ranks, [&] { return is_current(context, keys, data.rows); })) {
    if (ranks.is_root())
      context.log.write("seal", fmt::format("writing {}", context.folder.scores().string()));
    write(context, data, scorers, imported, contents);
  }

  const core::RowRange mine = share_of(ranks, data.rows);
  for (const JournalledScorer& scorer : scorers)
    count_from_file(context, scorer.name, scorer.scores, mine);
  for (const Imported& import : imported) {
    context.summary["scorers"][import.scorer] = {{"imported_as", import.as}};
    count_from_file(context, import.scorer, {import.score()}, mine);
  }
  for (const Scorer& scorer : context.job.scorers) count_rows_with_tokens(context, scorer, mine);
  count_tags(context);
}

}  // namespace winnow::pipeline
