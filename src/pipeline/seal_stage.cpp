#include "pipeline/seal_stage.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/journal.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/imported_scores.hpp"
#include "pipeline/made_from.hpp"
#include "pipeline/version.hpp"
#include "scoring/answer_loss.hpp"
#include "scoring/block_scores.hpp"
#include "store/index_file.hpp"
#include "store/schema.hpp"
#include "store/score_file.hpp"

namespace winnow::pipeline {
namespace {

using core::ScoreStatus;

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

/// This rank's columns of a model scorer.
struct LossTable {
  std::vector<double> nll_cond_sum, nll_direct_sum, ppl_cond, ppl_direct, ifd_ppl, ifd_loss;
  std::vector<std::uint32_t> n_cond, n_direct, n_tokens;
  std::vector<ScoreStatus> status_cond, status_direct, status_ifd;

  void add(const scoring::RowScores& row) {
    const auto value = [](const scoring::Score& score) {
      return score.status == ScoreStatus::ok ? score.value : kUndefined;
    };
    const scoring::Score cond = scoring::perplexity(row.nll_cond_sum, row.n_cond, row.status_cond);
    const scoring::Score direct =
        scoring::perplexity(row.nll_direct_sum, row.n_direct, row.status_direct);
    nll_cond_sum.push_back(cond.status == ScoreStatus::ok ? row.nll_cond_sum : kUndefined);
    nll_direct_sum.push_back(direct.status == ScoreStatus::ok ? row.nll_direct_sum : kUndefined);
    n_cond.push_back(row.n_cond);
    n_direct.push_back(row.n_direct);
    n_tokens.push_back(row.n_tokens);
    ppl_cond.push_back(value(cond));
    ppl_direct.push_back(value(direct));
    status_cond.push_back(cond.status);
    status_direct.push_back(direct.status);
    ifd_ppl.push_back(value(scoring::ifd_ppl(row)));
    ifd_loss.push_back(value(scoring::ifd_loss(row)));
    status_ifd.push_back(scoring::ifd_status(row));
  }

  [[nodiscard]] store::LossColumns spans() const {
    return {nll_cond_sum, n_cond,  nll_direct_sum, n_direct,    n_tokens,      ppl_cond,
            ppl_direct,   ifd_ppl, ifd_loss,       status_cond, status_direct, status_ifd};
  }
};

/// The rows of whole blocks [begin, end), read from the journal.
LossTable read_losses(const Context& context, const JournalledBlocks& journal,
                      core::RowRange blocks, core::RowRange rows) {
  LossTable table;
  for (std::uint64_t block = blocks.begin; block < blocks.end; ++block) {
    const BlockPlace& place = journal.places[block];
    const auto& segment = journal.segments.at(place.segment);
    const auto scores = scoring::deserialize_block(core::read_record(segment, place.record));
    const std::uint64_t expected =
        std::min(context.job.block_rows, rows.end - block * context.job.block_rows);
    if (scores.block != block || scores.rows.size() != expected)
      throw core::ModelError(
          fmt::format("{}: byte {} holds block {} with {} rows, expected block {} with {} rows",
                      segment.string(), place.record.offset, scores.block, scores.rows.size(),
                      block, expected));
    for (const scoring::RowScores& row : scores.rows) table.add(row);
  }
  return table;
}

store::ScorerInfo info_of(const JournalledScorer& scorer) {
  store::ScorerInfo info;
  info.name = scorer.name;
  info.code_version = kVersion;
  info.model_fingerprint = scorer.binding.at("model").get<std::string>();
  info.tokenizer_hash = scorer.binding.at("tokenizer").get<std::string>();
  info.prompt_template = scorer.binding.at("template").get<std::string>();
  info.system = scorer.binding.at("system").get<std::string>();
  info.scores_closing_tokens = scorer.binding.at("closing_tokens_scored").get<bool>();
  info.max_length = scorer.binding.at("max_length").get<std::uint64_t>();
  info.dtype = scorer.binding.at("dtype").get<std::string>();
  info.threads = scorer.binding.at("threads").get<std::uint64_t>();
  info.math_library = scorer.binding.at("library").get<std::string>();
  info.more = {
      {"faithful", std::string(scorer.binding.at("faithful").get<bool>() ? "true" : "false")},
      {"template_texts", scorer.binding.at("template_texts").get<std::string>()},
      {"join", scorer.binding.at("join").get<std::string>()},
      {"device", scorer.binding.at("device").get<std::string>()},
      {kMadeFrom, key_of(scorer.binding)}};
  return info;
}

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

/// An imported score under the name that the job gives it.
struct Imported {
  std::string scorer;
  std::string key;
  std::string as;
  ImportedScores scores;
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

std::string import_key(const Imported& imported, const IndexedData& data) {
  return key_of({{"data", data.key},
                 {"file", imported.scores.file_hash},
                 {"key", imported.key},
                 {"as", imported.as}});
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

void count_from_file(Context& context, const std::string& scorer,
                     const std::vector<std::string>& scores, core::RowRange mine) {
  for (const std::string& score : scores)
    count_statuses(context, scorer, status_of(score), mpi::agree_on(context.communicator, [&] {
                     return store::ScoreFileReader(context.folder.scores())
                         .read_score(scorer, score, mine)
                         .status;
                   }));
}

void write(const Context& context, const IndexedData& data,
           const std::vector<JournalledScorer>& scorers, const std::vector<Imported>& imported) {
  const mpi::Communicator& ranks = context.communicator;
  const std::uint64_t block_rows = context.job.block_rows;
  const std::uint64_t blocks = (data.rows + block_rows - 1) / block_rows;
  const core::RowRange my_blocks = share_of(ranks, blocks);
  const core::RowRange mine{std::min(my_blocks.begin * block_rows, data.rows),
                            std::min(my_blocks.end * block_rows, data.rows)};

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
    const JournalledBlocks journal = journalled_blocks(context, scorer.name, blocks);
    const LossTable losses = mpi::agree_on(ranks, [&] {
      if (journal.places.size() != blocks)
        throw core::ModelError(fmt::format(
            "{}: {} of {} blocks are in the journal: run the score stage again",
            context.folder.journal(scorer.name).string(), journal.places.size(), blocks));
      return read_losses(context, journal, my_blocks, mine);
    });
    file.begin_scorer(info_of(scorer));
    file.write_losses(losses.spans());
  }
  for (const Imported& import : imported) {
    store::ScorerInfo info;
    info.name = import.scorer;
    info.code_version = kVersion;
    info.more = {{"file_hash", import.scores.file_hash},
                 {"key", import.key},
                 {kMadeFrom, import_key(import, data)}};
    file.begin_scorer(info);
    file.write_score(column_of(import, mine));
  }
  file.finish();
}

}  // namespace

void seal(Context& context, const IndexedData& data, const std::vector<JournalledScorer>& scorers) {
  const StageTimer timer(context, "seal");
  const mpi::Communicator& ranks = context.communicator;
  std::vector<Imported> imported;
  for (const Scorer& scorer : context.job.scorers)
    if (scorer.imported)
      imported.push_back(
          {scorer.name, scorer.imported->key, scorer.imported->as,
           mpi::agree_on(ranks, [&] { return read_import(context, data, *scorer.imported); })});

  std::map<std::string, std::string> keys;
  for (const JournalledScorer& scorer : scorers) keys[scorer.name] = key_of(scorer.binding);
  for (const Imported& import : imported) keys[import.scorer] = import_key(import, data);
  if (!ask_root(ranks, [&] { return is_current(context, keys, data.rows); })) {
    if (ranks.is_root())
      context.log.write("seal", fmt::format("writing {}", context.folder.scores().string()));
    write(context, data, scorers, imported);
  }

  const core::RowRange mine = share_of(ranks, data.rows);
  for (const JournalledScorer& scorer : scorers)
    count_from_file(context, scorer.name, {"ppl_cond", "ppl_direct", "ifd_ppl"}, mine);
  for (const Imported& import : imported) {
    context.summary["scorers"][import.scorer] = {{"imported_as", import.as}};
    count_from_file(context, import.scorer, {import.as}, mine);
  }
}

}  // namespace winnow::pipeline
