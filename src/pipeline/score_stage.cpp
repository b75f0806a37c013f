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
#include "pipeline/profile.hpp"
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
std::vector<std::string> asked_of(const OpenScorer& opened) {
  if (opened.tags) return {"tags"};
  const scoring::ScoringOptions& options = opened.options;
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
  binding["scores"] = asked_of(opened);
  binding["embedding"] = opened.embedding;
  binding["dtype"] = scorer.dtype;
  binding["max_length"] = opened.options.max_length;
  binding["block_rows"] = context.job.block_rows;
  binding["batch_tokens"] = devices > 0 ? kCudaBatchTokens : kCpuBatchTokens;
  binding["device"] = devices > 0 ? "cuda" : "cpu";
  binding["threads"] = context.threads;
  binding["library"] = model::library_description();
  if (opened.tags) {
    const model::GenerationOptions& generation = opened.tags->replies.generation;
    binding["tag_prompt"] = scorer.tags.prompt;
    binding["tag_prompt_text"] = opened.tags->prompt("{instruction}");
    binding["prompts"] = data::prompt_fingerprint(*opened.prompt);
    binding["max_new_tokens"] = generation.max_new_tokens;
    binding["stop_ids"] = generation.stop_ids;
  }
  return binding;
}

std::vector<std::string> scores_with_status(const OpenScorer& opened) {
  if (opened.tags) return {"n_tags"};
  const scoring::ScoringOptions& options = opened.options;
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
/// @param what  as the progress shows it
Spent score_blocks(const Context& context, const IndexedData& data, const std::string& what,
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
      context, {what, data.rows, done_rows, context.job.block_rows, journal}, contents, open);
  return spent;
}

/// Collective. Sums over the ranks: tokens per second.
void summarize_rate(const mpi::Communicator& ranks, const Spent& spent,
                    nlohmann::ordered_json& summary) {
  const std::uint64_t tokens = mpi::sum(ranks, spent.tokens);
  summary["tokens_scored"] = tokens;
  summary["tokens_per_second"] = static_cast<double>(tokens) / mpi::max(ranks, spent.seconds.all);
}

/// Collective. Sums over the ranks: where their time went.
/// @param has_parts  those of a pass were measured
void summarize_profile(const mpi::Communicator& ranks, const WorkSeconds& seconds,
                       const model::PassTimes& times, bool has_parts,
                       nlohmann::ordered_json& summary) {
  const WorkSeconds work{.all = mpi::sum(ranks, seconds.all),
                         .waiting_for_rows = mpi::sum(ranks, seconds.waiting_for_rows),
                         .running = mpi::sum(ranks, seconds.running),
                         .waiting_for_journal = mpi::sum(ranks, seconds.waiting_for_journal)};
  const model::PassTimes passes{.products = mpi::sum(ranks, times.products),
                                .widening = mpi::sum(ranks, times.widening),
                                .attention = mpi::sum(ranks, times.attention),
                                .losses = mpi::sum(ranks, times.losses),
                                .all = mpi::sum(ranks, times.all)};
  summary["profile_seconds"] = profile_seconds(work, passes, has_parts);
  if (has_parts) summary["share_of_products"] = passes.products / work.all;
}

/// Collective.
BlockScorer open_block_scorer(const Context& context, const ScoringTask& task,
                              const ScorerBinding& binding) {
  const mpi::Communicator& ranks = context.communicator;
  const OpenScorer& opened = task.opened;
  const auto batch_tokens = binding.at("batch_tokens").get<std::uint32_t>();
  if (task.live != nullptr) {
    const auto model = task.live->open();
    return mpi::agree_on(ranks, [&] { return scorer_of(model, opened, batch_tokens); });
  }
  const model::ModelUse use = opened.tags ? model::ModelUse::generation : model::ModelUse::scoring;
  const model::LoadOptions load =
      load_options(context, task.model, binding, use, task.stage + " " + task.name);
  return mpi::agree_on(ranks, [&] { return open_model(task.model, opened, batch_tokens, load); });
}

}  // namespace

JournalledScorer score_rows(Context& context, nlohmann::ordered_json& manifest,
                            const IndexedData& data, const ScoringTask& task) {
  const mpi::Communicator& ranks = context.communicator;
  const OpenScorer& opened = task.opened;
  const std::string what = task.stage + " " + task.name;
  const int devices = model::cuda_device_count();

  const std::filesystem::path journal_folder = context.folder.journal(task.name);
  const bool is_begun = journal_is_begun(ranks, journal_folder);
  const std::string bound = mpi::agree_on(ranks, [&]() -> std::string {
    if (!ranks.is_root()) return "";
    return bind_scorer(
               context, {journal_folder, is_begun, task.title, "choose another --out or name"},
               binding_of(context, data, task.model, opened,
                          task.live != nullptr
                              ? task.live->fingerprint
                              : weights_fingerprint(context, manifest, task.name, task.model),
                          devices))
        .dump();
  });
  const ScorerBinding binding = ScorerBinding::parse(mpi::broadcast(ranks, bound));

  BlockContents contents =
      mpi::agree_on(ranks, [&] { return BlockContents(context.folder, context.job.block_rows); });
  const BlockJournal journal(context, task.stage, journal_folder, contents);
  const std::uint64_t done_rows = contents.rows_in(journal.is_done());
  auto& summary = context.summary["scorers"][task.name];
  summary = binding;
  summary["rows_already_done"] = done_rows;
  if (done_rows < data.rows) {
    const BlockScorer block_scorer = open_block_scorer(context, task, binding);
    const Spent spent =
        score_blocks(context, data, what, block_scorer, contents, journal, done_rows);
    summarize_rate(ranks, spent, summary);
    const bool has_parts = context.profile || binding.at("device") == "cpu";
    if (block_scorer.times)
      summarize_profile(ranks, spent.seconds, block_scorer.times(), has_parts, summary);
    stop_if_requested(context);
  }
  return {task.name, binding, scores_with_status(opened)};
}

JournalledScorer score_with_model(Context& context, nlohmann::ordered_json& manifest,
                                  const IndexedData& data, const Scorer& scorer,
                                  const LiveModel* live) {
  const OpenScorer opened =
      mpi::agree_on(context.communicator, [&] { return open_scorer(*scorer.model, context.job); });
  return score_rows(
      context, manifest, data,
      {"score", scorer.name, fmt::format("scorer '{}'", scorer.name), *scorer.model, opened, live});
}

}  // namespace winnow::pipeline
