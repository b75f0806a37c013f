#include "pipeline/score_stage.hpp"

#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/template_fingerprint.hpp"
#include "mpi/agree.hpp"
#include "mpi/collectives.hpp"
#include "pipeline/block_contents.hpp"
#include "pipeline/block_journal.hpp"
#include "pipeline/block_work.hpp"
#include "pipeline/manifest.hpp"
#include "pipeline/model_loading.hpp"
#include "pipeline/model_scorer.hpp"
#include "pipeline/row_source.hpp"
#include "pipeline/version.hpp"
#include "pipeline/weights_fingerprint.hpp"
#include "scoring/block_scores.hpp"
#include "scoring/score_block.hpp"
#include "store/schema.hpp"

namespace winnow::pipeline {
namespace {

/// Tokens of one forward pass: enough to keep matrix products busy, small enough for the caches
/// (bench/scoring).
constexpr std::uint32_t kCpuBatchTokens = 2048;
constexpr std::uint32_t kCudaBatchTokens = 16384;

/// What is computed, by name: it decides the columns of a record.
std::vector<std::string> asked_of(const scoring::ScoringOptions& options) {
  std::vector<std::string> asked;
  for (const auto& [name, is_asked] :
       {std::pair("tokens", options.count_tokens), std::pair("answer", options.answer),
        std::pair("direct", options.direct), std::pair("instruction", options.instruction),
        std::pair("evol_complexity", options.evol_complexity),
        std::pair("evol_quality", options.evol_quality)})
    if (is_asked) asked.emplace_back(name);
  return asked;
}

ScorerBinding binding_of(const Context& context, const IndexedData& data, const ModelScorer& scorer,
                         const OpenScorer& opened, std::string weights, int devices) {
  ScorerBinding binding;
  binding["code_version"] = kVersion;
  binding["reading"] = data.reading;
  binding["model"] = std::move(weights);
  binding["tokenizer"] = opened.tokenizer.fingerprint();
  binding["template"] = opened.prompt ? std::string(opened.prompt->name()) : store::kDoesNotApply;
  binding["system"] = opened.prompt ? scorer.system : store::kDoesNotApply;
  binding["join"] =
      opened.kind == model::ModelKind::text_encoder ? store::kDoesNotApply : context.job.join;
  binding["template_texts"] =
      opened.prompt ? data::template_fingerprint(*opened.prompt) : store::kDoesNotApply;
  binding["closing_tokens_scored"] = opened.prompt && opened.prompt->scores_closing_tokens();
  binding["faithful"] = scorer.faithful;
  binding["scores"] = asked_of(opened.options);
  binding["embedding"] = opened.embedding;
  binding["dtype"] = scorer.dtype;
  binding["max_length"] = opened.options.max_length;
  binding["block_rows"] = context.job.block_rows;
  binding["batch_tokens"] = devices > 0 ? kCudaBatchTokens : kCpuBatchTokens;
  binding["device"] = devices > 0 ? "cuda" : "cpu";
  binding["threads"] = context.threads;
  binding["library"] = model::library_description();
  return binding;
}

std::vector<std::string> scores_with_status(const scoring::ScoringOptions& options) {
  std::vector<std::string> scores;
  if (options.answer) scores = {"ppl_cond", "ppl_direct", "ifd_ppl"};
  if (options.instruction) scores.emplace_back("instruction_ppl");
  if (options.evol_complexity) scores.emplace_back("evol_complexity");
  if (options.evol_quality) scores.emplace_back("evol_quality");
  if (options.embedding) scores.emplace_back("embedding");
  return scores;
}

struct Spent {
  std::uint64_t tokens = 0;
  WorkSeconds seconds;
};

/// Scores the blocks that are left.
Spent score_blocks(const Context& context, const IndexedData& data, const Scorer& scorer,
                   const BlockScorer& scorer_of_blocks, BlockContents& contents,
                   const BlockJournal& journal, std::uint64_t done_rows) {
  Spent spent;
  const auto open = [&]() -> BlockPreparation {
    const auto source = std::make_shared<RowSource>(context.folder, data.data_set);
    return [&, source](std::uint64_t block, core::RowRange range) -> BlockRecord {
      const std::vector<std::optional<data::Sample>> rows = source->samples(range);
      return [&spent, work = scorer_of_blocks.prepare(
                          {{block, contents.content_of(block)}, range.begin, rows})] {
        const scoring::ScoredBlock scored = work();
        spent.tokens += scored.tokens;
        return scoring::serialize(scored.scores);
      };
    };
  };
  spent.seconds = work_on_blocks(
      context, {"score " + scorer.name, data.rows, done_rows, context.job.block_rows, journal},
      contents, open);
  return spent;
}

/// Collective. Sums over the ranks: tokens per second, and where the ranks' time went.
void summarize_cost(const mpi::Communicator& ranks, const Spent& spent,
                    const model::PassTimes& times, nlohmann::ordered_json& summary) {
  const std::uint64_t tokens = mpi::sum(ranks, spent.tokens);
  const WorkSeconds& seconds = spent.seconds;
  summary["tokens_scored"] = tokens;
  summary["tokens_per_second"] = static_cast<double>(tokens) / mpi::max(ranks, seconds.all);
  const double all = mpi::sum(ranks, seconds.all);
  const double running = mpi::sum(ranks, seconds.running);
  const double passes = mpi::sum(ranks, times.all);
  const double products = mpi::sum(ranks, times.products);
  const double widening = mpi::sum(ranks, times.widening);
  const double attention = mpi::sum(ranks, times.attention);
  const double losses = mpi::sum(ranks, times.losses);
  const double rows = mpi::sum(ranks, seconds.waiting_for_rows);
  const double journal = mpi::sum(ranks, seconds.waiting_for_journal);
  auto& profile = summary["profile_seconds"];
  profile["products"] = products;
  profile["widening"] = widening;
  profile["attention"] = attention;
  profile["losses"] = losses;
  profile["other_in_passes"] = passes - products - widening - attention - losses;
  profile["between_passes"] = running - passes;
  profile["waiting_for_rows"] = rows;
  profile["waiting_for_journal"] = journal;
  profile["claims_and_waiting"] = all - running - rows - journal;
  if (products > 0) summary["share_of_products"] = products / all;
}

}  // namespace

JournalledScorer score_with_model(Context& context, nlohmann::ordered_json& manifest,
                                  const IndexedData& data, const Scorer& scorer) {
  const mpi::Communicator& ranks = context.communicator;
  const ModelScorer& settings = *scorer.model;
  const OpenScorer opened =
      mpi::agree_on(ranks, [&] { return open_scorer(settings, context.job); });
  const int devices = model::cuda_device_count();

  const std::string bound = mpi::agree_on(ranks, [&]() -> std::string {
    if (!ranks.is_root()) return "";
    return bind_scorer(context,
                       {context.folder.journal(scorer.name),
                        fmt::format("scorer '{}'", scorer.name), "choose another --out or name"},
                       binding_of(context, data, settings, opened,
                                  weights_fingerprint(manifest, scorer.name, settings), devices))
        .dump();
  });
  const ScorerBinding binding = ScorerBinding::parse(mpi::broadcast(ranks, bound));

  BlockContents contents =
      mpi::agree_on(ranks, [&] { return BlockContents(context.folder, context.job.block_rows); });
  const BlockJournal journal(context, "score", context.folder.journal(scorer.name), contents);
  const std::uint64_t done_rows = contents.rows_in(journal.is_done());
  auto& summary = context.summary["scorers"][scorer.name];
  summary = binding;
  summary["rows_already_done"] = done_rows;
  if (done_rows < data.rows) {
    const model::LoadOptions load =
        load_options(context, settings, binding, model::ModelUse::scoring, "score " + scorer.name);
    const BlockScorer block_scorer = mpi::agree_on(ranks, [&] {
      return open_model(settings, opened, binding.at("batch_tokens").get<std::uint32_t>(), load);
    });
    const Spent spent =
        score_blocks(context, data, scorer, block_scorer, contents, journal, done_rows);
    summarize_cost(ranks, spent, block_scorer.times(), summary);
    stop_if_requested(context);
  }
  return {scorer.name, binding, scores_with_status(opened.options)};
}

}  // namespace winnow::pipeline
