#include "pipeline/seal_scorer.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/made_from.hpp"
#include "pipeline/score_reader.hpp"
#include "pipeline/seal_tags.hpp"
#include "scoring/evol_score.hpp"
#include "scoring/row_scores.hpp"
#include "scoring/tag_lists.hpp"
#include "store/schema.hpp"

namespace winnow::pipeline {
namespace {

using core::ScoreStatus;

constexpr const char* kEmbedding = "embedding";
constexpr const char* kScoredTurns = "scored_turns";

/// Bytes of embeddings in memory at a time.
constexpr std::uint64_t kEmbeddingBytes = std::uint64_t{64} << 20;

store::ScorerInfo info_of(const JournalledScorer& scorer, const std::string& made_from) {
  const auto text = [&](const char* key) { return scorer.binding.at(key).get<std::string>(); };
  store::ScorerInfo info;
  info.name = scorer.name;
  info.code_version = text("code_version");
  info.model_fingerprint = text("model");
  info.tokenizer_hash = text("tokenizer");
  info.prompt_template = text("template");
  if (text("template") != store::kDoesNotApply) {
    info.system = text("system");
    if (!has_tags(scorer))
      info.scores_closing_tokens = scorer.binding.at("closing_tokens_scored").get<bool>();
  }
  info.max_length = scorer.binding.at("max_length").get<std::uint64_t>();
  info.dtype = text("dtype");
  info.threads = scorer.binding.at("threads").get<std::uint64_t>();
  info.math_library = text("library");
  info.more = {
      {"faithful", std::string(scorer.binding.at("faithful").get<bool>() ? "true" : "false")},
      {"template_texts", text("template_texts")},
      {"join", text("join")},
      {"device", text("device")}};
  if (!text("embedding").empty()) info.more.push_back({"embedding", text("embedding")});
  for (const auto& [score, prompt] :
       {std::pair("evol_complexity", scoring::complexity_prompt("{instruction}")),
        std::pair("evol_quality", scoring::quality_prompt("{instruction}", "{output}"))})
    if (std::ranges::find(scorer.scores, score) != scorer.scores.end())
      info.more.push_back({fmt::format("prompt_{}", score), prompt});
  if (has_tags(scorer)) {
    info.more.push_back({"prompt_tags", text("tag_prompt_text")});
    info.more.push_back(
        {"max_new_tokens", scorer.binding.at("max_new_tokens").get<std::uint64_t>()});
    info.more.push_back(tag_rules());
  }
  info.more.push_back({kMadeFrom, made_from});
  return info;
}

/// The columns of some blocks; embeddings without their values.
struct Tables {
  scoring::Table rows;
  scoring::Table turns;
  std::uint32_t dimension = 0;  ///< of the embeddings; 0: none
  bool half = false;            ///< their type
};

void clear(scoring::Table& table) {
  table.rows = 0;
  for (scoring::Column& column : table.columns)
    std::visit([](auto& values) { values.clear(); }, column.values);
}

scoring::Table without_embedding(scoring::Table table) {
  std::erase_if(table.columns, [](const auto& column) { return column.name == kEmbedding; });
  return table;
}

/// A rank without blocks has the same columns as every other: the first block tells.
Tables read_tables(const ScoreReader& reader, core::RowRange blocks) {
  const scoring::BlockScores first = reader.read(0);
  Tables tables{without_embedding(first.rows), first.turns};
  if (const scoring::Column* embedding = first.rows.find(kEmbedding)) {
    tables.dimension = embedding->width;
    tables.half = std::holds_alternative<std::vector<core::Half>>(embedding->values);
  }
  clear(tables.rows);
  clear(tables.turns);
  for (std::uint64_t block = blocks.begin; block < blocks.end; ++block) {
    scoring::BlockScores scores = reader.read(block);
    tables.rows.append(without_embedding(std::move(scores.rows)));
    tables.turns.append(scores.turns);
  }
  scoring::add_derived_columns(tables.rows);
  return tables;
}

/// What the replies of some blocks say.
scoring::TagLists read_tags(const ScoreReader& reader, core::RowRange blocks) {
  scoring::TagLists lists;
  for (std::uint64_t block = blocks.begin; block < blocks.end; ++block)
    lists.add_block(reader.read(block));
  return lists;
}

using FieldOf = const store::Field& (&)(std::string_view);

void write_table(store::ScoreFileWriter& file, const scoring::Table& table, FieldOf field_of) {
  for (const scoring::Column& column : table.columns) {
    if (column.name == kScoredTurns) continue;
    const store::Field& field = field_of(column.name);
    if (const auto* values = std::get_if<std::vector<double>>(&column.values))
      file.write_values(field, *values, table.get<ScoreStatus>(store::status_of(column.name)));
    else if (const auto* counts = std::get_if<std::vector<std::uint32_t>>(&column.values))
      file.write_column(field, std::span<const std::uint32_t>(*counts));
    else
      file.write_column(field, std::span<const ScoreStatus>(table.get<ScoreStatus>(column.name)));
  }
}

template <class T>
void write_embeddings(const Context& context, store::ScoreFileWriter& file,
                      const ScoreReader& reader, const BlockContents& contents,
                      core::RowRange blocks, std::uint32_t dimension) {
  const mpi::Communicator& ranks = context.communicator;
  file.begin_embeddings(dimension, store::kElementOf<T>);
  const std::uint64_t block_bytes = context.job.block_rows * dimension * sizeof(T);
  const std::uint64_t step = std::max<std::uint64_t>(1, kEmbeddingBytes / block_bytes);
  const std::uint64_t rounds = mpi::max(ranks, (blocks.size() + step - 1) / step);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    const core::RowRange part{std::min(blocks.end, blocks.begin + round * step),
                              std::min(blocks.end, blocks.begin + (round + 1) * step)};
    const std::vector<T> values = mpi::agree_on(ranks, [&] {
      std::vector<T> all;
      for (std::uint64_t block = part.begin; block < part.end; ++block) {
        const scoring::BlockScores scores = reader.read(block);
        const auto& more = scores.rows.get<T>(kEmbedding);
        all.insert(all.end(), more.begin(), more.end());
      }
      return all;
    });
    file.write_embeddings({contents.rows_of(part.begin).begin, contents.rows_of(part.end).begin},
                          std::span<const T>(values));
  }
}

}  // namespace

bool has_tags(const JournalledScorer& scorer) {
  return std::ranges::find(scorer.scores, store::score::kNTags.name) != scorer.scores.end();
}

void write_scorer(const Context& context, store::ScoreFileWriter& file,
                  const JournalledScorer& scorer, const std::string& made_from,
                  const BlockJournal& journal, const BlockContents& contents) {
  const mpi::Communicator& ranks = context.communicator;
  const core::RowRange blocks = share_of(ranks, contents.blocks());
  const ScoreReader reader = mpi::agree_on(ranks, [&] { return ScoreReader(journal, contents); });
  if (has_tags(scorer)) {
    const scoring::TagLists lists = mpi::agree_on(ranks, [&] { return read_tags(reader, blocks); });
    file.begin_scorer(info_of(scorer, made_from));
    return write_tags(ranks, file, lists);
  }
  const Tables tables = mpi::agree_on(ranks, [&] { return read_tables(reader, blocks); });
  file.begin_scorer(info_of(scorer, made_from));
  write_table(file, tables.rows, store::score_field);
  if (tables.dimension > 0) {
    if (tables.half)
      write_embeddings<core::Half>(context, file, reader, contents, blocks, tables.dimension);
    else
      write_embeddings<float>(context, file, reader, contents, blocks, tables.dimension);
  }
  if (tables.turns.columns.empty()) return;
  file.begin_turns(tables.rows.get<std::uint32_t>(kScoredTurns));
  write_table(file, tables.turns, store::turn_field);
}

}  // namespace winnow::pipeline
